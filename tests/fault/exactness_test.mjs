// What must be exact under any number of workers: frequency caps and deduplication.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, settled, startWorker, states } from './lib/fixture.mjs';

test('eight workers racing on one recipient with a cap of 5 send exactly 5', { timeout: 300_000 }, async (t) => {
  const world = await makeWorld({ caps: { five: { limit: 5 } } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['hot']);
  await Promise.all(Array.from({ length: 8 }, (_, i) => startWorker(world, `w${i}`)));
  await publish(world, Array.from({ length: 400 }, (_, i) => message(world, i, 'hot')));
  await settled(world, 400);
  assert.deepEqual(await states(world), { sent: 5, 'skipped/capped': 395 });
  assert.equal((await world.sandbox.count()).count, 5);
});

test('the same id published 100 times is sent once', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  await addUsers(world, ['u']);
  await Promise.all(Array.from({ length: 4 }, (_, i) => startWorker(world, `w${i}`)));
  await publish(world, Array.from({ length: 100 }, () => message(world, 'same', 'u')));
  await settled(world, 1);
  assert.deepEqual(await states(world), { sent: 1 });
  assert.equal((await world.sandbox.count()).count, 1);
});
