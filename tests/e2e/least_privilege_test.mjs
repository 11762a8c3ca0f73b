// A worker with the shipped permissions, and with no others, does all its work; and is denied what is not its work.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { amqpUrl, pgUrl, stack } from '../fault/lib/stack.mjs';
import { publishAll } from '../../scripts/lib/amqp.mjs';
import { attempt, bindQueue, declareExchange, declareQueue, deleteExchange, deleteQueue, getFrom, publishTo, purgeQueue } from './lib/amqp_rights.mjs';
import { makeBrokerUser, makeDatabase } from './lib/privileges.mjs';
import { edit, tidings } from './lib/world.mjs';

test('a worker needs no more than the shipped roles give it', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ types: { note: { channels: ['push', 'sms'], attempts: 3 } }, caps: { many: { limit: 20 } } });
  t.after(() => closeWorld(world));
  const database = await makeDatabase(world.tag);
  t.after(() => database.remove());
  const broker = await makeBrokerUser(world.tag, 'tidings');
  t.after(() => broker.remove());
  const query = async (sql) => (await database.query(database.worker, sql)).trim();

  await t.test('the owner sets up, also twice', async () => {
    edit(world.config, amqpUrl(), broker.url);
    edit(world.config, pgUrl(), database.owner);
    for (let i = 0; i < 2; ++i) {
      const { code, err } = await tidings(world, 'setup');
      assert.equal(code, 0, err);
    }
  });

  edit(world.config, database.owner, database.worker);
  const worker = await startWorker(world);
  await t.test('sends, retries, skips, defers, gives up, and an admin looks after it', async () => {
    const user = world.user('u');
    await query(`insert into tidings.addresses (recipient, channel, address) values ('${user}', 'push', 'token-of-${user}'), ('${user}', 'sms', '+15551000000')`);
    await query(`insert into tidings.subscriptions (topic, recipient) values ('${world.tag}', '${user}')`);
    await world.sandbox.fault({ match: { provider: 'fcm', id: `${world.tag}-0$` }, times: 1, answer: { status: 503 } });
    await world.sandbox.fault({ match: { provider: 'twilio', id: `${world.tag}-1$` }, times: 'always', answer: { code: 21612 } });
    const later = new Date(Date.now() + 3_000).toISOString();
    await publish(world, [message(world, 0, 'u'), message(world, 1, 'u'), message(world, 2, 'u', { recipient: undefined, topic: world.tag }), message(world, 3, 'nobody'), message(world, 4, 'u', { sendAt: later })]);
    const expected = 'dead/permanent 1, sent 7, skipped/no_address 2';
    let now;
    const look = async () => expected === (now = await query(`select string_agg(s, ', ' order by s) from (select concat_ws('/', state, reason) || ' ' || count(*) s from tidings.deliveries group by state, reason) x`));
    await until('all to end', look, 60_000, 300).catch(() => {});
    assert.equal(now, expected);
    const replayed = await tidings(world, 'dlq', 'replay', '--type', world.type());
    assert.equal(replayed.code, 0, replayed.err);
    assert.equal((await tidings(world, 'status', `${world.tag}-0`)).code, 0);
    assert.equal((await tidings(world, 'user', 'set', user, '--mute')).code, 0);
    assert.equal((await tidings(world, 'user', 'forget', user, '--yes')).code, 0);
  });

  await t.test('makes the week\'s partition when maintenance has not', async () => {
    const partitions = (await query(`select relname from pg_class where relname ~ '^log_[0-9]{8}$' and relkind = 'r'`)).split('\n');
    await database.query(database.owner, `drop table ${partitions.map((name) => `tidings.${name}`).join(', ')}`);
    await query(`insert into tidings.addresses (recipient, channel, address) values ('${world.user('v')}', 'push', 'token-of-v')`);
    await publish(world, [message(world, 5, 'v')]);
    await until('it to be sent', async () => await query(`select state from tidings.deliveries where notification_id = '${world.tag}-5' and channel = 'push'`) === 'sent', 30_000, 300);
    assert.equal(await query(`select has_function_privilege('public', 'tidings.create_partition(date)', 'execute')`), 'f', 'nobody else may');
  });

  await t.test('PostgreSQL denies the rest', async () => {
    const foreign = ['drop table tidings.log', 'drop schema tidings cascade', 'truncate tidings.log', 'alter table tidings.log add column x int', 'create table tidings.x ()', 'create table public.x ()',
      'create temporary table x ()', 'create schema x', 'create role x', 'drop function tidings.claim', 'create or replace function tidings.today() returns date language sql as $$ select null::date $$',
      `copy tidings.recipients to program 'id'`, `select pg_read_file('/etc/passwd')`, `drop table tidings.${await query(`select relname from pg_class where relname like 'log\\_2%' and relkind = 'r' limit 1`)}`];
    for (const sql of foreign) await assert.rejects(query(sql), /permission denied|must be (owner|superuser)/, sql);
    assert.equal(await query('select dropped from tidings.maintain_partitions(7, 4)'), '0', 'but it can ask the owner\'s function for partitions');
  });

  const own = `notifications.${world.tag}-own`, other = `${world.tag}-other`;
  await t.test('RabbitMQ denies the rest', async () => {
    const vhost = `${world.tag}-foreign`, foreign = new URL(broker.url);
    await stack('rabbitmqctl', '-q', 'add_vhost', vhost);
    t.after(() => stack('rabbitmqctl', '-q', 'delete_vhost', vhost));
    foreign.pathname = `/${vhost}`;
    await assert.rejects(publishAll(foreign.href, [{ queue: 'x', body: '' }]), /NOT_ALLOWED/);
    const permissions = (await stack('rabbitmqctl', '-q', 'list_user_permissions', world.tag, '--no-table-headers')).split('\t');
    for (const [name, configure, write, read] of [['other', false, false, false], ['notifications', true, true, true], ['notifications.x.dead', true, true, true], ['notificationsx', false, false, false],
      ['tidings.delay.1s', true, true, true], ['amq.default', false, true, false], ['amq.topic', false, false, false], ['amq.rabbitmq.trace', false, false, false]]) {
      assert.deepEqual(permissions.slice(1, 4).map((pattern) => new RegExp(pattern.trim()).test(name)), [configure, write, read], name);
    }
    const mine = { 'declare a queue': declareQueue(own), 'bind it': bindQueue(own, 'notifications'), 'publish to it': publishTo('', own), 'get from it': getFrom(own), 'purge it': purgeQueue(own), 'delete it': deleteQueue(own) };
    for (const [what, tried] of Object.entries(mine)) assert.equal(await attempt(broker.url, tried), 'done', what);
    const notMine = { 'declare a queue': declareQueue(other), 'purge one': purgeQueue(other), 'delete one': deleteQueue(other), 'get from one': getFrom(other), 'bind to a foreign exchange': bindQueue(`notifications.${world.type()}`, 'amq.topic'),
      'declare an exchange': declareExchange(other), 'delete an exchange': deleteExchange(other), 'publish to one': publishTo('amq.topic', 'x'), 'publish to the tracer': publishTo('amq.rabbitmq.trace', 'x') };
    for (const [what, tried] of Object.entries(notMine)) assert.equal(await attempt(broker.url, tried), 'refused', what);
  });

  await t.test('the management API, where a policy could be set, denies everything', async () => {
    const policy = `policies/${new URL(amqpUrl()).pathname.slice(1)}/${world.tag}`, definition = { pattern: '^notifications', definition: { 'max-length': 1 }, priority: 99 };
    for (const call of [['GET', 'whoami'], ['GET', 'queues'], ['GET', 'definitions'], ['PUT', policy, definition], ['PUT', `users/${world.tag}`, { password: 'x', tags: 'administrator' }], ['PUT', `vhosts/${world.tag}`]]) {
      assert.equal(await broker.api(...call), 401, call.slice(0, 2).join(' '));
    }
  });

  await t.test('who watches the broker sees the queues, and neither reads nor changes anything', async () => {
    const monitor = await makeBrokerUser(`${world.tag}-monitor`, 'tidings_monitor');
    t.after(() => monitor.remove());
    const vhost = new URL(amqpUrl()).pathname.slice(1), queue = `queues/${vhost}/notifications.${world.type()}`;
    assert.equal(await monitor.api('GET', queue), 200);
    const tried = { 'declare a queue': declareQueue(own), 'get from one': getFrom(`notifications.${world.type()}`), 'purge one': purgeQueue(`notifications.${world.type()}`), 'publish to an exchange': publishTo('notifications', 'x'), 'publish to a queue': publishTo('', `notifications.${world.type()}`) };
    for (const [what, method] of Object.entries(tried)) assert.equal(await attempt(monitor.url, method), 'refused', what);
    for (const call of [['POST', `${queue}/get`, { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' }], ['DELETE', `${queue}/contents`], ['DELETE', queue], ['PUT', `policies/${vhost}/${world.tag}`, { pattern: 'x', definition: { 'max-length': 1 } }], ['GET', 'definitions'], ['GET', 'users']]) {
      assert.equal(await monitor.api(...call), 401, call.slice(0, 2).join(' '));
    }
    assert.equal(await monitor.api('GET', queue), 200, 'the queue is still there');
  });
  assert.equal(worker.exitCode, null);
});
