// `--types`: a worker takes what it is for and leaves the other types' queues to others.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, settled, startWorker, states } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { letters, put, waiting } from './lib/broker.mjs';
import { become } from './lib/world.mjs';

const each = 20;

test('a worker for one type leaves the others alone', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ types: { note: {}, other: {} } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u']);
  const of = (type) => Array.from({ length: each }, (_, i) => message(world, `${type}-${i}`, 'u', { type: world.type(type) }));
  await publish(world, [...of('other'), ...of('note')]);

  await startWorker(world, 'w0', ['--types', world.type('note')]);
  await become(world, { sent: each });
  assert.equal(await waiting(`notifications.${world.type('note')}`), 0);
  assert.equal(await waiting(`notifications.${world.type('other')}`), each);
  assert.equal((await world.sandbox.count(`&idMatches=other`)).count, 0);
  await put(`notifications.${world.type('note')}`, JSON.stringify(of('other')[0]));
  const [stray] = await until('the stray', async () => { const all = await letters(`notifications.${world.type('note')}.dead`); return all.length > 0 && all; });
  assert.equal(stray.headers['x-tidings-reason'], 'malformed', 'known, if not its own');

  await startWorker(world, 'w1', ['--types', [world.type('other'), world.type('note')].join()]);
  await settled(world, 2 * each);
  assert.deepEqual(await states(world), { sent: 2 * each });
});

test('a type that is not configured is a usage error', async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  await assert.rejects(startWorker(world, 'w0', ['--types', `${world.type()},nosuch`]), /--types: found nosuch, expected a type of /);
});
