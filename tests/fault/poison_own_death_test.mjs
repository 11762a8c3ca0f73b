// Messages that make the process die by itself: while they are decoded, so before anything about them is in the journal; while they are
// sent; and when all that is left is to publish what follows. So many of them in one prefetch that their deaths alone would use up the
// broker's delivery limit for all; and in a backlog that is larger than the prefetch, so that new ones come beside suspects.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker, states } from './lib/fixture.mjs';
import { tidings } from '../e2e/lib/world.mjs';
import { countOf, deadReasons, kindOf, livesAndDeaths, mixed, useVhost } from './lib/poison.mjs';
import { end, until } from './lib/run.mjs';

const deathsEach = 3;

const cases = [
  ...['quorum', 'classic'].map((kind) => ({ kind, at: 'decoding', good: 200, poison: 3, journal: {} })),
  { kind: 'quorum', at: 'decoding', good: 100, poison: 21, journal: {} },
  { kind: 'quorum', at: 'before-send', good: 100, poison: 21, journal: { 'dead/poison': 21 } },
  { kind: 'quorum', at: 'decoding', good: 200, poison: 6, journal: {}, prefetch: 20 },
  { kind: 'quorum', at: 'before-send', good: 200, poison: 6, journal: { 'dead/poison': 6 }, prefetch: 20 },
  { kind: 'quorum', at: 'before-publish', good: 50, poison: 3, journal: { 'dead/permanent': 3 }, refused: true },
];

for (const { kind, at, good, poison, journal, prefetch, refused } of cases) {
  const title = `${poison} messages that kill their worker at ${at}, among ${good} on a ${kind} queue${prefetch ? `, ${prefetch} at a time` : ''}`;
  test(title, { timeout: 240_000 }, async (t) => {
    const world = await makeWorld();
    t.after(() => closeWorld(world));
    const vhost = await useVhost(t, world, kind);
    await addUsers(world, ['u']);
    // A slow provider keeps suspects alone for long.
    if (prefetch) await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 20 });
    if (refused) await world.sandbox.fault({ match: { provider: 'fcm', id: '-poison-' }, times: 'always', answer: { status: 400, code: 'INVALID_ARGUMENT' } });
    const some = (what, count) => Array.from({ length: count }, (_, i) => message(world, `${what}-${i}`, 'u'));
    await publish(world, mixed(some('good', good), some('poison', poison)));
    assert.match(await kindOf(vhost, `notifications.${world.type()}`), new RegExp(`\t${kind}$`));

    const buried = async () => at === 'before-send' ? await countOf(world, `state = 'dead'`) === poison : await deadReasons(world, poison, 500).then(() => true, () => false);
    const { deaths, worker } = await livesAndDeaths(world, `${at}=-poison-`, async () => await countOf(world, `state = 'sent'`) === good && await buried(), poison * deathsEach,
      prefetch ? ['--prefetch', String(prefetch)] : []);
    t.diagnostic(`${deaths} workers died`);
    assert.deepEqual(await deadReasons(world, poison), ['poison']);
    assert.deepEqual(await states(world), { sent: good, ...journal });
    assert.equal(worker.exitCode, null);

    await world.sandbox.noFaults();
    // To a worker that doesn't die of them they are messages like others.
    await end(worker);
    await startWorker(world, 'mended');
    assert.equal((await tidings(world, 'dlq', 'replay', '--type', world.type())).code, 0);
    await until('all to be sent', async () => await countOf(world, `state = 'sent'`) === good + poison);
  });
}
