// Faults of RabbitMQ.
import { until } from '../lib/run.mjs';
import { amqpUrl, queueDepths, stack } from '../lib/stack.mjs';
import { freezeServer, insist, nothing, onAllWorkers, setting } from './acts.mjs';

const ctl = (...args) => stack('rabbitmqctl', '-q', '--timeout', '30', ...args);
const vhost = () => decodeURIComponent(new URL(amqpUrl()).pathname.slice(1));
const user = () => decodeURIComponent(new URL(amqpUrl()).username);
const again = (...args) => insist(`rabbitmqctl ${args[0]}`, () => ctl(...args));

const kill = setting(() => stack('kill-rabbit'), () => insist('RabbitMQ to start', () => stack('start-rabbit')));
// The node that leads most queues, from the other two; its clients can still reach it.
const cutOff = setting(() => stack('cut-rabbit'), () => insist('the nodes to join', () => stack('join-rabbit')));
const closeConnections = onAllWorkers(async () => {
  await ctl('close_all_connections', 'chaos');
  return nothing;
});

const memoryAlarm = setting(() => ctl('set_vm_memory_high_watermark', '0.0001'), () => again('set_vm_memory_high_watermark', '0.4'));
const diskAlarm = setting(() => ctl('set_disk_free_limit', '500000GB'), () => again('set_disk_free_limit', '200MB'));

// What is in a queue that an admin deletes is gone; so it is empty: nothing is published to it, and all is acknowledged.
const deleteQueue = onAllWorkers(async ({ world, producer }) => {
  const name = `notifications.${world.type('rare')}`;
  producer.hold(name);
  try {
    await until(`${name} to be empty`, async () => producer.outTo(name) === 0 && (await queueDepths(name)).get(name) === 0, 30_000, 250);
    await ctl('delete_queue', '-p', vhost(), name);
  } catch { /* another fault keeps it from becoming empty; then it stays */ }
  producer.release(name);
  return nothing;
});

const revoke = setting(() => ctl('clear_permissions', '-p', vhost(), user()), () => again('set_permissions', '-p', vhost(), user(), '.*', '.*', '.*'));

const policy = (limit) => ['set_policy', '-p', vhost(), '--apply-to', 'queues', '--priority', '20', 'chaos', '^notifications\\.[a-z0-9_-]+(\\.retry)?$',
  JSON.stringify({ 'delivery-limit': limit, 'dead-letter-exchange': 'tidings.dead', 'dead-letter-strategy': 'at-least-once', overflow: 'reject-publish' })];
const changePolicy = setting(() => ctl(...policy(30)), () => clearPolicy());
const clearPolicy = () => insist('the policy to go', async () => {
  const there = (await ctl('list_policies', '-p', vhost())).includes('chaos');
  if (there) await ctl('clear_policy', '-p', vhost(), 'chaos');
});

// It holds from the next connection on, and is looked at once in a channel's tick.
const timeouts = (timeout, tick) => `application:set_env(rabbit, consumer_timeout, ${timeout}), application:set_env(rabbit, channel_tick_interval, ${tick}),
  [rabbit_networking:close_connection(Pid, "chaos") || Pid <- rabbit_networking:connections()], ok.`;
const consumerTimeout = onAllWorkers(async ({ sandbox }) => {
  const { fault } = await sandbox.fault({ times: 'always', every: 4, delayMs: 2_500 });
  const takeBack = async () => {
    await sandbox.noFault(fault);
    await again('eval', timeouts(1_800_000, 60_000));
  };
  await ctl('eval', timeouts(1_000, 300)).catch(async (error) => { await takeBack(); throw error; });
  return takeBack;
});

export const rabbitmqFaults = [
  { name: 'RabbitMQ killed', hold: [0, 3_000], inject: kill },
  { name: 'RabbitMQ frozen', hold: [2_000, 14_000], inject: freezeServer('rabbit') },
  { name: 'RabbitMQ node cut off', hold: [3_000, 10_000], inject: cutOff, needs: 'cluster' },
  { name: 'RabbitMQ closes all connections', hold: [0, 100], inject: closeConnections },
  { name: 'RabbitMQ memory alarm', hold: [2_000, 6_000], inject: memoryAlarm },
  { name: 'RabbitMQ disk alarm', hold: [2_000, 6_000], inject: diskAlarm },
  { name: 'RabbitMQ queue deleted', hold: [0, 1_000], inject: deleteQueue },
  { name: 'RabbitMQ permission revoked', hold: [2_000, 6_000], inject: revoke },
  { name: 'RabbitMQ policy changed', hold: [500, 2_000], inject: changePolicy },
  { name: 'RabbitMQ consumer timeout', hold: [3_000, 6_000], inject: consumerTimeout },
];
