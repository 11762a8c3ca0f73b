// An admin's evening: what became of a message, what lies among the dead letters, and putting it back once the cause is mended.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { end, until } from '../fault/lib/run.mjs';
import { sql, stack } from '../fault/lib/stack.mjs';
import { put } from './lib/broker.mjs';
import { become, tidings } from './lib/world.mjs';

test('status, list, show and replay over letters that a worker wrote', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ types: { note: { channels: ['push', 'sms'] } } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['ann', 'ben'], { sms: true });
  await world.sandbox.fault({ match: { provider: 'twilio' }, times: 'always', answer: { code: 21612 } });
  await startWorker(world);
  const id = (n) => `${world.tag}-${n}`;
  const json = async (...args) => JSON.parse((await tidings(world, ...args, '--json')).out);
  const list = (...filters) => json('dlq', 'list', '--type', world.type(), ...filters);
  await publish(world, [message(world, 'a', 'ann'), message(world, 'b', 'ben')]);
  await become(world, { sent: 2, 'dead/permanent': 2 });
  await until('both dead letters', async () => (await list()).total === 2);

  await t.test('status shows each delivery with its timeline', async () => {
    const { deliveries } = await json('status', id('a'));
    const timeline = Object.fromEntries(deliveries.map((d) => [d.channel, d.timeline.map((event) => event.state)]));
    assert.deepEqual(timeline, { push: ['sending', 'sent'], sms: ['sending', 'dead'] });
    const text = (await tidings(world, 'status', id('a'))).out;
    assert.match(text, /sms \+1555\d+ {2}dead\n/);
    assert.match(text, /dead \(permanent\) by twilio: .*21612/);
  });

  await t.test('list groups them, show prints one', async () => {
    const { groups } = await list();
    assert.deepEqual(groups.map(({ type, reason, provider, count }) => ({ type, reason, provider, count })), [{ type: world.type(), reason: 'permanent', provider: 'twilio', count: 2 }]);
    assert.match(groups[0].error, /21612/);
    assert.equal((await list('--recipient', world.user('ben'), '--channel', 'sms', '--since', '5m')).total, 1);
    assert.equal((await list('--channel', 'push')).total, 0);
    const letter = await json('dlq', 'show', '--type', world.type(), '--id', id('b'));
    assert.equal(letter.body.recipient, world.user('ben'));
    assert.equal(letter.properties.headers['x-tidings-reason'], 'permanent');
    assert.match((await tidings(world, 'dlq', 'show', '--id', id('b'))).out, /owed: sms \+1555/);
  });

  await t.test('replayed too early it dies again, replayed after mending it is sent', async () => {
    assert.deepEqual(await json('dlq', 'replay', '--type', world.type(), '--dry-run'), { wouldReplay: 2, impossible: 0 });
    assert.equal((await json('dlq', 'replay', '--id', id('a'), '--type', world.type())).replayed, 1);
    await until('it to die again', async () => (await world.sandbox.requests(`&id=${id('a')}&provider=twilio`)).length === 2);
    await until('the dead letter', async () => (await list('--id', id('a'))).total === 1);

    await world.sandbox.noFaults();
    assert.equal((await json('dlq', 'replay', '--type', world.type(), '--reason', 'permanent')).replayed, 2);
    await become(world, { sent: 4 });
    assert.equal((await list()).total, 0);
    assert.equal((await json('dlq', 'replay', '--type', world.type())).replayed, 0);
    assert.equal((await world.sandbox.count('&provider=fcm')).count, 2, 'the push that had been sent was not repeated');
    const [{ timeline }] = (await json('status', id('a'))).deliveries.filter(({ channel }) => channel === 'sms');
    assert.deepEqual(timeline.map(({ state }) => state), ['sending', 'dead', 'sending', 'dead', 'sending', 'sent']);
  });
});

// What the broker buries over its delivery limit may have been begun, by a worker that is gone: its replay was taken for a
// duplicate and dropped.
for (const [state, onUncertain, expected] of [['sending', 'resend', { sent: 1 }], ['sending', 'skip', { 'skipped/uncertain': 1 }], ['retrying', 'resend', { sent: 1 }]]) {
  test(`the replay of a letter that the broker buried ends what was ${state} (on_uncertain: ${onUncertain})`, { timeout: 120_000 }, async (t) => {
    const world = await makeWorld({ types: { note: { onUncertain } } });
    t.after(() => closeWorld(world));
    await addUsers(world, ['ann']);
    await world.sandbox.fault({ match: { provider: 'fcm' }, lose: 'hang' });
    const worker = await startWorker(world);
    const lost = message(world, 'a', 'ann');
    await publish(world, [lost]);
    await become(world, { sending: 1 });
    await end(worker, 'SIGKILL');
    await stack('rabbitmqctl', '-q', 'purge_queue', '-p', 'tidings', `notifications.${world.type()}`);
    if (state === 'retrying') await sql(`update tidings.log set state = 'retrying', attempt = 2, next_attempt_at = now() where notification_id = '${lost.id}'`);
    await put(`notifications.${world.type()}.dead`, JSON.stringify(lost), { headers: { 'x-first-death-reason': 'delivery_limit' } });

    await startWorker(world);
    const { code, err } = await tidings(world, 'dlq', 'replay', '--type', world.type());
    assert.equal(code, 0, err);
    await become(world, expected);
  });
}
