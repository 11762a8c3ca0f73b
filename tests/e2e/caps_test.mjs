// Frequency caps over time: what is over the cap is dropped or waits for room, and what was not sent takes no place.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, deliveries, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { sql } from '../fault/lib/stack.mjs';
import { become } from './lib/world.mjs';

const windowMs = 3_000;

test('with defer, those over the cap are sent when the window has room', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ caps: { two: { limit: 2, window: `${windowMs / 1000}s`, onExceed: 'defer' } } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u']);
  await startWorker(world);
  await publish(world, Array.from({ length: 5 }, (_, i) => message(world, i, 'u')));
  await become(world, { sent: 2, 'deferred/capped': 3 });
  await become(world, { sent: 5 });

  const sent = (await world.sandbox.requests()).map(({ at }) => at / 1000).sort((a, b) => a - b);
  t.diagnostic(`sent after ${sent.map((at) => Math.round(at - sent[0])).join(', ')} ms`);
  // A place is taken a moment before the request goes out, and by different moments.
  const slack = 500;
  for (const i of [2, 3, 4]) assert.ok(sent[i] - sent[i - 2] >= windowMs - slack, `three within ${sent[i] - sent[i - 2]} ms`);
  assert.ok((await deliveries(world)).every(([, , , , , attempt]) => attempt === '1'), 'waiting is no attempt');
});

test('what was not sent gives its place back', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ types: { note: { channels: ['sms'] } }, caps: { one: { limit: 1 } } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['refused', 'muted'], { push: false, sms: true });
  await sql(`update tidings.recipients set muted = true where id = '${world.user('muted')}'`);
  await world.sandbox.fault({ match: { id: 'refused' }, answer: { code: 21612 } });
  await startWorker(world);
  await publish(world, [message(world, 'refused', 'refused'), message(world, 'muted', 'muted')]);
  await become(world, { 'dead/permanent': 1, 'skipped/muted': 1 });
  await sql(`update tidings.recipients set muted = false where id = '${world.user('muted')}'`);

  await publish(world, ['refused', 'muted'].flatMap((user) => [1, 2].map((i) => message(world, `${user[0]}-${i}`, user))));
  await become(world, { 'dead/permanent': 1, 'skipped/muted': 1, sent: 2, 'skipped/capped': 2 });
  assert.equal((await world.sandbox.count()).count, 2);
});
