// kill -9 of RabbitMQ and of PostgreSQL in the middle, without restarting the workers: nothing is lost,
// and the full rate is back within 10 s of the server's return.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Arrivals } from './chaos/rate.mjs';
import { expectation, judgeWorld } from './chaos/records.mjs';
import { addUsers, closeWorld, makeWorld, message, prefetch, publish, settled, startWorker, states } from './lib/fixture.mjs';
import { until } from './lib/run.mjs';
import { stack } from './lib/stack.mjs';

const total = Math.max(6_000, Number(process.env.TIDINGS_FAULT_MESSAGES ?? 20_000));

async function survives(t, kill, restart) {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  const users = Array.from({ length: 100 }, (_, i) => `u${i}`);
  await addUsers(world, users);
  const messages = Array.from({ length: total }, (_, i) => message(world, i, users[i % 100]));
  await publish(world, messages);
  // Slow enough that there is work left when the server is gone and back.
  await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 100 });
  const workers = await Promise.all(['w0', 'w1'].map((name) => startWorker(world, name)));

  const arrivals = new Arrivals(world.record);
  t.after(() => arrivals.close());
  const arrived = () => { arrivals.read(); return arrivals.accepted.length; };
  await until('a third at the provider', () => arrived() >= total / 3, 240_000, 20);
  const from = Date.now(), before = arrivals.perSecond(from - 1_000, from);
  await stack(kill);
  await stack(restart);
  const back = Date.now();
  assert.ok(arrived() < total, 'the server was gone before the work was done');
  const recovery = Number(await until('the full rate', () => { arrived(); return arrivals.recovery(back, before)?.toString(); }, 60_000, 20));
  await settled(world, total, 240_000);

  const verdict = await judgeWorld(world, { expected: messages.map(expectation), steps: [{ from, to: back, inFlight: workers.length * prefetch }] });
  t.diagnostic(`back at ${before}/s after ${recovery} ms; sent more than once ${verdict.duplicated}`);
  assert.ok(verdict.ok, JSON.stringify(verdict));
  assert.deepEqual(await states(world), { sent: total });
  assert.ok(recovery <= 10_000, `recovered after ${recovery} ms`);
  assert.ok(workers.every((worker) => worker.exitCode === null), 'the workers were not restarted');
}

test('RabbitMQ killed in the middle', { timeout: 600_000 }, (t) => survives(t, 'kill-rabbit', 'start-rabbit'));
test('PostgreSQL killed in the middle', { timeout: 600_000 }, (t) => survives(t, 'kill-postgres', 'start-postgres'));
