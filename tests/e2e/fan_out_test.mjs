// One message to many: each recipient gets exactly one, whatever dies while it is expanded.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, deliveries, makeWorld, message, publish, settled, startWorker, states } from '../fault/lib/fixture.mjs';
import { end, start, until } from '../fault/lib/run.mjs';
import { pgUrl, sql } from '../fault/lib/stack.mjs';
import { letters, waiting } from './lib/broker.mjs';
import { become, edit } from './lib/world.mjs';

const prefetch = 300; // of the fixture's configuration
const chunk = 500; // subscribers that a topic is expanded to at a time
const subscribers = 2 * chunk + 250;

const toMany = (world, n, more) => { const { recipient, ...rest } = message(world, n, ''); return { ...rest, ...more }; };
const typeQueue = (world) => `notifications.${world.type()}`;
const byAddress = async (world) => new Map(Object.entries((await world.sandbox.count('&by=address')).by));

async function subscribe(world, topic) {
  await sql(`with s as (select '${world.tag}-s' || n as id from generate_series(1, ${subscribers}) n),
    a as (insert into tidings.addresses (recipient, channel, address) select id, 'push', 'token-' || id from s)
    insert into tidings.subscriptions (topic, recipient) select '${topic}', id from s`);
}
const missing = (world, counts) => Array.from({ length: subscribers }, (_, i) => `token-${world.tag}-s${i + 1}`).filter((token) => !counts.has(token));

test('recipients named in the message get one each, those named twice as well', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  const names = Array.from({ length: 40 }, (_, i) => `u${i}`);
  const number = Date.now();
  await addUsers(world, names);
  await sql(`insert into tidings.addresses (recipient, channel, address) values ('${number}', 'push', 'token-${number}')`);
  await startWorker(world);
  const recipients = [...names.map(world.user), world.user('u0'), number];
  await publish(world, [toMany(world, 'many', { recipients }), toMany(world, 'many', { recipients })]);
  await settled(world, 41);
  assert.deepEqual(await states(world), { sent: 41 });
  assert.deepEqual((await deliveries(world)).map(([, recipient]) => recipient).sort(), [...names.map(world.user), `${number}`].sort());
  assert.deepEqual([...(await byAddress(world)).values()], Array(41).fill(1));
});

test('a topic reaches each of its subscribers once', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  const topic = `${world.tag}-topic`;
  await subscribe(world, topic);
  await startWorker(world);
  await publish(world, [toMany(world, 'topic', { topic })]);
  await settled(world, subscribers);
  assert.deepEqual(await states(world), { sent: subscribers });
  const counts = await byAddress(world);
  assert.deepEqual(missing(world, counts), []);
  assert.deepEqual([...counts.values()].filter((n) => n !== 1), []);
});

test('a worker killed twice while it expands a topic leaves nobody out', { timeout: 180_000 }, async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  edit(world.config, 'prefetch: 300,', 'prefetch: 300, publish_window: 2,'); // then sending keeps up with expanding
  const topic = `${world.tag}-topic`;
  await subscribe(world, topic);
  await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 20 });
  await publish(world, [toMany(world, 'topic', { topic })]);
  let worker = await startWorker(world);
  for (const [mark, queue] of [[1, typeQueue(world)], [chunk + 50, `${typeQueue(world)}.retry`]]) {
    await until(`${mark} at the provider`, async () => (await byAddress(world)).size >= mark, 60_000, 5);
    await end(worker, 'SIGKILL');
    const unfinished = (await letters(queue)).filter(({ bytes }) => 'topic' in JSON.parse(bytes));
    assert.equal(unfinished.length, 1, `killed in the middle of what is in ${queue}`);
    worker = await startWorker(world);
  }
  await settled(world, subscribers);
  assert.deepEqual(await states(world), { sent: subscribers });
  const counts = await byAddress(world);
  const repeated = [...counts.values()].filter((n) => n > 1);
  t.diagnostic(`${repeated.length} got it more than once`);
  assert.deepEqual(missing(world, counts), []);
  assert.ok(repeated.length <= 2 * prefetch && repeated.every((n) => n <= 3), `${repeated.length} repeated`);
});

test('a stop does not wait for subscribers that nobody can read', { timeout: 60_000 }, async (t) => {
  const world = await makeWorld({ fcm: 'timeout: 1s', extra: 'shutdown_timeout: 1s' });
  t.after(() => closeWorld(world));
  const topic = `${world.tag}-topic`;
  await addUsers(world, ['u']);
  await sql(`insert into tidings.subscriptions (topic, recipient) values ('${topic}', '${world.user('u')}')`);
  const holder = start('psql', ['-X', '-q', '-d', pgUrl(), '-c', 'begin; lock table tidings.subscriptions; select pg_sleep(60)'], { env: { PGAPPNAME: `holder of ${world.tag}` } });
  t.after(() => end(holder));
  await until('the lock', async () => (await sql(`select 1 from pg_stat_activity where application_name = 'holder of ${world.tag}' and wait_event = 'PgSleep'`)).length === 1);
  await publish(world, [toMany(world, 'topic', { topic })]);
  const worker = await startWorker(world);
  await until('the worker to wait', async () => (await sql("select 1 from pg_stat_activity where application_name = 'tidings housekeeping' and wait_event_type = 'Lock'")).length === 1);
  const told = Date.now();
  assert.deepEqual(await end(worker), { code: 0, signal: null });
  const took = Date.now() - told;
  t.diagnostic(`ended after ${took} ms`);
  assert.ok(took < 6_000, `took ${took} ms: 1 s of grace, 2 s to settle, and the end`);
  assert.equal(await waiting(typeQueue(world)), 1);

  await sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder of ${world.tag}'`);
  await startWorker(world);
  await become(world, { sent: 1 });
});
