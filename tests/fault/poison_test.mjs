// Messages that kill every worker that sends them: each is set aside after three deaths, and what was prefetched with them is sent.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker, states } from './lib/fixture.mjs';
import { end, until } from './lib/run.mjs';
import { amqpUrl, sql, stack } from './lib/stack.mjs';
import { edit, tidings } from '../e2e/lib/world.mjs';

const neighbours = 100, poisoned = 4;
const deathsEach = 3;

// A vhost whose queues are of that kind, with the shipped policies as far as they hold for it.
async function useVhost(t, world, kind) {
  const vhost = `${world.tag}-${kind}`, url = new URL(amqpUrl());
  await stack('rabbitmqctl', '-q', 'add_vhost', vhost, '--default-queue-type', kind);
  t.after(() => stack('rabbitmqctl', '-q', 'delete_vhost', vhost));
  await stack('rabbitmqctl', '-q', 'set_permissions', '-p', vhost, decodeURIComponent(url.username), '.*', '.*', '.*');
  const limit = kind === 'quorum' ? { 'delivery-limit': 20 } : {};
  await stack('rabbitmqctl', '-q', 'set_policy', '-p', vhost, '--apply-to', 'queues', 'tidings', '^notifications\\.[a-z0-9_-]+(\\.retry)?$',
    JSON.stringify({ 'dead-letter-exchange': 'tidings.dead', overflow: 'reject-publish', ...limit }));
  url.pathname = `/${vhost}`;
  edit(world.config, amqpUrl(), url.href);
  const { code, err } = await tidings(world, 'setup');
  assert.equal(code, 0, err);
  return vhost;
}

const kindOf = async (vhost, queue) => (await stack('rabbitmqctl', '-q', 'list_queues', '-p', vhost, 'name', 'type', '--no-table-headers')).split('\n').find((line) => line.startsWith(`${queue}\t`));

// Kills a worker as soon as the provider has one of the poisoned messages, and starts another, until all have ended.
async function livesAndDeaths(world) {
  const sent = async () => [...await world.sandbox.accepted('&idMatches=-poison-')].reduce((sum, [, times]) => sum + times, 0);
  const ended = async () => {
    const [[left]] = await sql(`select ${neighbours + poisoned} - count(*) from tidings.deliveries where notification_id like '${world.tag}-%' and state in ('sent', 'dead')`);
    return Number(left) === 0;
  };
  for (let deaths = 0, seen = 0; ; ++deaths, seen = await sent()) {
    const worker = await startWorker(world);
    let all = false;
    await until('a poisoned message to be sent, or all to end', async () => (all = await ended()) || await sent() > seen, 60_000, 20);
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
    const step = neighbours / poisoned;
    const messages = Array.from({ length: neighbours }, (_, i) => message(world, `good-${i}`, 'u'));
    for (let i = 0; i < poisoned; ++i) messages.splice(i * (step + 1) + 5, 0, message(world, `poison-${i}`, 'u'));
    await publish(world, messages);
    assert.match(await kindOf(vhost, `notifications.${world.type()}`), new RegExp(`\t${kind}$`));

    const { deaths, worker } = await livesAndDeaths(world);
    t.diagnostic(`${deaths} workers died`);
    assert.deepEqual(await states(world), { sent: neighbours, 'dead/poison': poisoned });
    // All have had a first and a second death together; the third each has alone.
    assert.ok(deaths <= deathsEach - 1 + poisoned, `${deaths} deaths`);
    const letters = await until('the dead letters', async () => {
      const { total, groups } = JSON.parse((await tidings(world, 'dlq', 'list', '--type', world.type(), '--json')).out);
      return total === poisoned && groups;
    });
    assert.deepEqual(letters.map(({ reason, count }) => [reason, count]), [['poison', poisoned]]);
    assert.equal(worker.exitCode, null);
  });
}
