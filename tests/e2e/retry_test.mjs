// What a provider's refusals lead to: growing waits in the broker, attempts that count or don't, and in the end a dead letter.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { end, until } from '../fault/lib/run.mjs';
import { sql } from '../fault/lib/stack.mjs';
import { letters } from './lib/broker.mjs';
import { become } from './lib/world.mjs';

const sms = { channels: ['sms'], base: '50ms', max: '200ms' };

async function begin(t, types, users) {
  const world = await makeWorld({ types });
  t.after(() => closeWorld(world));
  await addUsers(world, users, { push: false, sms: true });
  world.number = async (user) => (await sql(`select address from tidings.addresses where recipient = '${world.user(user)}'`))[0][0];
  world.fails = async (user, times, answer) => world.sandbox.fault({ match: { address: await world.number(user) }, times, answer });
  world.asked = (n) => world.sandbox.requests(`&id=${world.tag}-${n}`);
  world.row = async (n) => (await sql(`select state, coalesce(reason, ''), attempt, provider from tidings.deliveries where notification_id = '${world.tag}-${n}'`))[0];
  return world;
}

test('failures are tried again, throttling does not count, exhaustion is a dead letter', { timeout: 120_000 }, async (t) => {
  const world = await begin(t, { note: sms, twice: { ...sms, attempts: 2 } }, ['flaky', 'throttled', 'down']);
  await world.fails('flaky', 2, { status: 503 });
  await world.fails('throttled', 3, { status: 429, retryAfter: 1 });
  await world.fails('down', 'always', { status: 503 });
  await startWorker(world);
  const dying = message(world, 'down', 'down', { type: world.type('twice') });
  await publish(world, [message(world, 'flaky', 'flaky'), message(world, 'throttled', 'throttled', { type: world.type('twice') }), dying]);
  await become(world, { sent: 2, 'dead/retries_exhausted': 1 });

  assert.deepEqual(await world.row('flaky'), ['sent', '', '3', 'twilio']);
  assert.deepEqual((await world.asked('flaky')).map((request) => request.status), [503, 503, 201]);
  assert.deepEqual(await world.row('throttled'), ['sent', '', '1', 'twilio']);
  const asked = (await world.asked('throttled')).map(({ at }) => at / 1e6);
  assert.equal(asked.length, 4);
  for (const i of [1, 2, 3]) assert.ok(asked[i] - asked[i - 1] >= 1, `asked again after ${asked[i] - asked[i - 1]} s, told to wait for 1`);

  assert.deepEqual(await world.row('down'), ['dead', 'retries_exhausted', '2', 'twilio']);
  assert.equal((await world.asked('down')).length, 2);
  const dead = await until('the dead letter', async () => { const all = await letters(`notifications.${world.type('twice')}.dead`); return all.length > 0 && all; });
  assert.equal(dead.length, 1);
  checkHeaders(dead[0].headers, { queue: `notifications.${world.type('twice')}.retry`, owed: `sms:${await world.number('down')}` });
  assert.deepEqual(JSON.parse(dead[0].bytes), dying);
  assert.equal(dead[0].properties.delivery_mode, 2);
});

function checkHeaders(headers, { queue, owed }) {
  const { 'x-tidings-error': error, 'x-tidings-dead-at': deadAt, 'x-tidings-first-seen': firstSeen, 'x-delivery-count': looked, ...rest } = headers;
  assert.deepEqual(rest, {
    'x-tidings-attempt': 2, 'x-tidings-deliveries': [owed], 'x-tidings-reason': 'retries_exhausted', 'x-tidings-channel': 'sms',
    'x-tidings-provider': 'twilio', 'x-tidings-queue': queue,
  });
  assert.match(error, /503/);
  for (const time of [deadAt, firstSeen]) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Date.parse(deadAt) > Date.parse(firstSeen));
}

test('a long wait lies in the broker, outlives the worker, and ends when told or with the message', { timeout: 120_000 }, async (t) => {
  const world = await begin(t, { note: sms }, ['patient', 'late', 'hopeless']);
  for (const user of ['patient', 'late', 'hopeless']) await world.fails(user, 1, { status: 503, retryAfter: user === 'hopeless' ? 30 : 4 });
  const worker = await startWorker(world);
  const expiresAt = Date.now() + 8_000;
  const mortal = { expiresAt: new Date(expiresAt).toISOString() };
  await publish(world, [message(world, 'patient', 'patient'), message(world, 'late', 'late', mortal), message(world, 'hopeless', 'hopeless', mortal)]);
  await become(world, { retrying: 2, 'skipped/expired': 1 });
  const delayed = await until('the retries to lie in a delay queue', async () => {
    const mine = (await letters('tidings.delay.3s')).filter(({ bytes }) => bytes.includes(world.tag));
    return mine.length === 2 && mine;
  });
  for (const { headers } of delayed) {
    assert.equal(headers['x-tidings-attempt'], 1);
    assert.ok(headers['x-tidings-not-before'] > Date.now());
  }
  await end(worker, 'SIGKILL');

  await until('the message to expire', () => Date.now() > expiresAt);
  await startWorker(world);
  await become(world, { sent: 1, 'skipped/expired': 2 });
  const [first, second] = await world.asked('patient');
  assert.ok(second.at - first.at >= 4e6, `asked again after ${(second.at - first.at) / 1e6} s, told to wait for 4`);
  assert.deepEqual(await world.row('patient'), ['sent', '', '2', 'twilio']);
  assert.equal((await world.asked('late')).length, 1);
  assert.equal((await world.asked('hopeless')).length, 1);
});
