// A worker killed while another has its request and its answer is on the way: the provider, and PostgreSQL with a claim or a settlement.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker, states } from './lib/fixture.mjs';
import { end, start, until } from './lib/run.mjs';
import { pgUrl, sql } from './lib/stack.mjs';

const accepted = async (world) => (await world.sandbox.count()).count;

async function begin(t, type, secure = false) {
  const world = await makeWorld({ types: { note: type }, secure });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u']);
  return world;
}

async function finish(world, worker, expected) {
  await end(worker, 'SIGKILL');
  await startWorker(world);
  let now;
  await until('the delivery to end', async () => { now = await states(world); return !('sending' in now); }, 30_000);
  assert.deepEqual(now, expected);
}

const answers = [['resend', { sent: 1 }, 2], ['skip', { 'skipped/uncertain': 1 }, 1]];
for (const [onUncertain, expected, times, secure] of answers.flatMap((each) => [[...each, false], [...each, true]])) {
  test(`on_uncertain: ${onUncertain}, the provider has the message by ${secure ? 'HTTP/2' : 'HTTP/1.1'}`, { timeout: 60_000 }, async (t) => {
    const world = await begin(t, { onUncertain }, secure);
    await world.sandbox.fault({ match: { provider: 'fcm' }, lose: 'hang' });
    await publish(world, [message(world, 1, 'u')]);
    const worker = await startWorker(world);
    await until('the provider to have it', async () => await accepted(world) === 1);
    await finish(world, worker, expected);
    assert.equal(await accepted(world), times);
    assert.deepEqual([...new Set((await world.sandbox.requests()).map(({ protocol }) => protocol))], [secure ? '2.0' : '1.1']);
  });
}

// Keeps a lock until it is let go, in a session that `name` finds.
async function hold(world, statement) {
  const name = `holder of ${world.tag}`;
  start('psql', ['-X', '-q', '-d', pgUrl(), '-c', `set application_name = '${name}'; begin; ${statement}; select pg_sleep(60)`]);
  const session = `from pg_stat_activity where application_name = '${name}'`;
  await until('the lock', async () => (await sql(`select 1 ${session} and query like '%pg_sleep%' and wait_event = 'PgSleep'`)).length === 1);
  return () => sql(`select pg_terminate_backend(pid) ${session}`);
}

const waits = (purpose) => until(`${purpose} to wait`, async () => (await sql(
  `select 1 from pg_stat_activity where application_name = 'tidings ${purpose}' and wait_event_type = 'Lock'`)).length === 1);

test('PostgreSQL has the claim', { timeout: 60_000 }, async (t) => {
  const world = await begin(t, {});
  const letGo = await hold(world, `select pg_advisory_lock(hashtextextended('${world.user('u')}', 0))`);
  await publish(world, [message(world, 1, 'u')]);
  const worker = await startWorker(world);
  await waits('claims');
  worker.kill('SIGKILL');
  await letGo();
  await finish(world, worker, { sent: 1 });
  assert.equal(await accepted(world), 1);
});

test('PostgreSQL has the settlement', { timeout: 60_000 }, async (t) => {
  const world = await begin(t, {});
  await world.sandbox.fault({ match: { provider: 'fcm' }, delayMs: 3_000 });
  await publish(world, [message(world, 1, 'u')]);
  const worker = await startWorker(world);
  await until('the provider to have it', async () => await accepted(world) === 1);
  const letGo = await hold(world, `select from tidings.log where notification_id like '${world.tag}-%' for update`);
  await waits('settlements');
  worker.kill('SIGKILL');
  await letGo();
  await finish(world, worker, { sent: 1 });
  // Sent again exactly if the server gave the settlement up because nobody waited for it any more.
  const [[sendings]] = await sql(`select 1 + count(e) from tidings.log left join unnest(events) e on e.state = 'sending' where notification_id like '${world.tag}-%'`);
  assert.equal(await accepted(world), Number(sendings));
});
