// SIGTERM in the middle of load: what is in flight finishes, the rest waits for the next worker, and nobody is written to twice.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, settled, startWorker, states } from '../fault/lib/fixture.mjs';
import { end, until } from '../fault/lib/run.mjs';
import { waiting } from './lib/broker.mjs';
import { sql } from '../fault/lib/stack.mjs';
import { become, logged } from './lib/world.mjs';

const total = 1_200;
const shutdownTimeoutMs = 12_000;

test('a worker that is told to stop finishes what it has and leaves the rest', { timeout: 180_000 }, async (t) => {
  const world = await makeWorld({ extra: `shutdown_timeout: ${shutdownTimeoutMs / 1000}s` });
  t.after(() => closeWorld(world));
  const users = Array.from({ length: 50 }, (_, i) => `u${i}`);
  await addUsers(world, users);
  await publish(world, Array.from({ length: total }, (_, i) => message(world, i, users[i % 50])));
  await world.sandbox.fault({ match: { provider: 'fcm' }, skip: 199, delayMs: 3_000 });
  await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 100 });

  const first = await startWorker(world);
  await until('a part at the provider', async () => (await world.sandbox.count()).ids >= 200, 60_000, 10);
  const told = Date.now();
  first.kill('SIGTERM');
  await logged(world, 'w0', 'draining');
  const health = await fetch(`${first.http}/readyz`);
  assert.deepEqual([health.status, (await health.text()).includes('draining')], [503, true]);
  first.kill('SIGTERM'); // Impatience changes nothing, and neither does a reload.
  first.kill('SIGHUP');
  assert.deepEqual(await first.ended, { code: 0, signal: null });
  const took = Date.now() - told;

  const { count, ids } = await world.sandbox.count();
  const left = await waiting(`notifications.${world.type()}`);
  t.diagnostic(`ended after ${took} ms; sent ${ids}, still queued ${left}`);
  assert.ok(took < shutdownTimeoutMs, `took ${took} ms`);
  assert.equal(count, ids, 'nothing was sent twice');
  assert.deepEqual(await states(world), { sent: ids }, 'every delivery that was begun has ended');
  assert.ok(ids < total && left >= total - ids, 'the rest is still queued');

  await world.sandbox.noFaults();
  const second = await startWorker(world);
  await settled(world, total);
  assert.deepEqual(await states(world), { sent: total });
  const accepted = await world.sandbox.accepted();
  assert.equal(accepted.size, total);
  assert.deepEqual([...accepted].filter(([, times]) => times !== 1), []);
  assert.deepEqual(await end(second, 'SIGINT'), { code: 0, signal: null });
});

test('what the end of the grace period interrupts loses no attempt', { timeout: 60_000 }, async (t) => {
  const count = 6;
  const world = await makeWorld({ types: { note: { onUncertain: 'skip' } }, fcm: 'concurrency: 1, timeout: 1s', extra: 'shutdown_timeout: 1s' });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u0']);
  await publish(world, Array.from({ length: count }, (_, i) => message(world, i, 'u0')));
  await world.sandbox.fault({ match: { provider: 'fcm' }, times: count, delayMs: 600 });

  const first = await startWorker(world);
  await until('one at the provider', async () => (await world.sandbox.count()).ids >= 1, 20_000, 10);
  first.kill('SIGTERM');
  assert.deepEqual(await first.ended, { code: 0, signal: null });
  const { sent = 0, 'skipped/uncertain': uncertain = 0, ...others } = await states(world);
  t.diagnostic(`sent ${sent}, uncertain ${uncertain}, others ${JSON.stringify(others)}`);
  assert.ok(uncertain <= 1, 'at most the one that was out');
  // Those in the line behind it had either waited long enough, or were still waiting at the end.
  const { 'retrying/throttled': waited = 0, 'retrying/shutdown': interrupted = 0, ...middle } = others;
  assert.deepEqual(middle, {}, 'none is left in the middle');
  assert.equal(sent + uncertain + waited + interrupted, count);
  const [[attempts]] = await sql(`select max(attempt) from tidings.deliveries where state = 'retrying' and notification_id like '${world.tag}-%'`);
  assert.equal(Number(attempts), 0);

  await startWorker(world);
  await become(world, uncertain ? { sent: count - 1, 'skipped/uncertain': 1 } : { sent: count });
  assert.ok((await world.sandbox.count()).count <= count, 'nothing was sent twice');
});
