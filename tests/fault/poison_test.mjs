// Messages that kill every worker that sends them: each is set aside after three deaths, and what was prefetched with them is sent.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker, states } from './lib/fixture.mjs';
import { countOf, deadReasons, kindOf, mixed, useVhost } from './lib/poison.mjs';
import { end, until } from './lib/run.mjs';

const neighbours = 100, poisoned = 4;
const deathsEach = 3;

// Kills a worker when the provider has all of the poisoned messages, and later, when each goes alone, the next one; and starts
// another, until all have ended.
async function livesAndDeaths(world) {
  const sent = async () => [...await world.sandbox.accepted('&idMatches=-poison-')].reduce((sum, [, times]) => sum + times, 0);
  const ended = async () => await countOf(world, "state in ('sent', 'dead')") === neighbours + poisoned;
  for (let deaths = 0, seen = 0; ; ++deaths, seen = await sent()) {
    const worker = await startWorker(world);
    const together = deaths < deathsEach - 1 ? poisoned : 1;
    let all = false;
    await until('the poisoned messages to be sent, or all to end', async () => (all = await ended()) || await sent() >= seen + together, 60_000, 20);
    if (all) return { deaths, worker };
    await end(worker, 'SIGKILL');
  }
}

for (const kind of ['quorum', 'classic']) {
  test(`${poisoned} messages that kill their worker, among ${neighbours} on a ${kind} queue`, { timeout: 240_000 }, async (t) => {
    const world = await makeWorld();
    t.after(() => closeWorld(world));
    const vhost = await useVhost(t, world, kind);
    await addUsers(world, ['u']);
    await world.sandbox.fault({ match: { provider: 'fcm', id: '-poison-' }, times: 'always', lose: 'hang' });
    await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 20 });
    const some = (what, count) => Array.from({ length: count }, (_, i) => message(world, `${what}-${i}`, 'u'));
    await publish(world, mixed(some('good', neighbours), some('poison', poisoned)));
    assert.match(await kindOf(vhost, `notifications.${world.type()}`), new RegExp(`\t${kind}$`));

    const { deaths, worker } = await livesAndDeaths(world);
    t.diagnostic(`${deaths} workers died`);
    assert.deepEqual(await states(world), { sent: neighbours, 'dead/poison': poisoned });
    // All have had a first and a second death together; the third each has alone.
    assert.equal(deaths, deathsEach - 1 + poisoned);
    assert.deepEqual(await deadReasons(world, poisoned), ['poison']);
    assert.equal(worker.exitCode, null);
  });
}
