// A device that is gone is written to no more; the recipient's other devices are, and an app may register it again.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { sql } from '../fault/lib/stack.mjs';
import { letters } from './lib/broker.mjs';
import { become } from './lib/world.mjs';

test('an unregistered device is switched off', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  await addUsers(world, ['u']);
  const [phone, tablet] = [`token-${world.user('u')}`, `tablet-${world.user('u')}`];
  await sql(`insert into tidings.addresses (recipient, channel, address) values ('${world.user('u')}', 'push', '${tablet}')`);
  const rows = (n) => sql(`select address, state, coalesce(reason, '') from tidings.deliveries where notification_id = '${world.tag}-${n}' order by 1`);
  await world.sandbox.dead('fcm', tablet);
  await startWorker(world);

  await publish(world, [message(world, 1, 'u')]);
  await become(world, { sent: 1, 'dead/recipient_gone': 1 });
  assert.deepEqual(await rows(1), [[tablet, 'dead', 'recipient_gone'], [phone, 'sent', '']]);
  const [[active, since, why]] = await sql(`select active, deactivated_at is not null, deactivated_reason from tidings.addresses where address = '${tablet}'`);
  assert.deepEqual([active, since], ['f', 't']);
  assert.match(why, /UNREGISTERED/);
  const [letter] = await until('the dead letter', async () => { const all = await letters(`notifications.${world.type()}.dead`); return all.length > 0 && all; });
  assert.equal(letter.headers['x-tidings-reason'], 'recipient_gone');
  assert.deepEqual(letter.headers['x-tidings-deliveries'], [`push:${tablet}`]);

  await publish(world, [message(world, 2, 'u')]);
  await become(world, { sent: 2, 'dead/recipient_gone': 1 });
  assert.deepEqual(await rows(2), [[phone, 'sent', '']]);

  await fetch(`${world.sandbox.info.control}/dead`, { method: 'DELETE' });
  await sql(`insert into tidings.addresses (recipient, channel, address) values ('${world.user('u')}', 'push', '${tablet}') on conflict (recipient, channel, address) do update set active = true`);
  await publish(world, [message(world, 3, 'u')]);
  await become(world, { sent: 4, 'dead/recipient_gone': 1 });
  assert.deepEqual(await rows(3), [[tablet, 'sent', ''], [phone, 'sent', '']]);
});
