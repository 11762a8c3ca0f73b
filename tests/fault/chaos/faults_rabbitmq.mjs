// Faults of RabbitMQ.
import { until } from '../lib/run.mjs';
import { amqpUrl, amqpUrls, queueDepths, stack } from '../lib/stack.mjs';
import { freezeServer, insist, nothing, onAllWorkers, setting } from './acts.mjs';
import { allEnded, logSays, notReady, refused, standsStill } from './proofs.mjs';
import { playRules } from './rules.mjs';

const ctl = (...args) => stack('rabbitmqctl', '-q', '--timeout', '30', ...args);
const vhost = () => decodeURIComponent(new URL(amqpUrl()).pathname.slice(1));
const user = () => decodeURIComponent(new URL(amqpUrl()).username);
const again = (...args) => insist(`rabbitmqctl ${args[0]}`, () => ctl(...args));

const nodeIsGone = () => async () => (await Promise.all(amqpUrls().map(refused))).includes(true);
const kill = setting(() => stack('kill-rabbit'), () => insist('RabbitMQ to start', () => stack('start-rabbit')), nodeIsGone);
// The node that leads most queues, from the other two; its clients can still reach it.
const cutOff = setting(() => stack('cut-rabbit'), () => insist('the nodes to join', () => stack('join-rabbit')),
  () => async () => Number(await ctl('eval', 'length(nodes()).')) < amqpUrls().length - 1);
const closeConnections = onAllWorkers(async ({ slots }) => {
  const proof = allEnded(slots, 'amqp');
  await ctl('close_all_connections', '-p', vhost(), 'chaos');
  return { heal: nothing, proof };
});

const noConfirms = ({ producer }) => standsStill(() => producer.confirmed);
const memoryAlarm = setting(() => ctl('set_vm_memory_high_watermark', '0.0001'), () => again('set_vm_memory_high_watermark', '0.4'), noConfirms);
const diskAlarm = setting(() => ctl('set_disk_free_limit', '500000GB'), () => again('set_disk_free_limit', '200MB'), noConfirms);

// What is in a queue that an admin deletes is gone; so it is empty: nothing is published to it, and all is acknowledged.
const deleteQueue = onAllWorkers(async ({ world, producer, slots }) => {
  const name = `notifications.${world.type('rare')}`;
  const proof = logSays(slots, (line) => line.includes('cancelled the consumer') && line.includes(name));
  producer.hold(name);
  try {
    await until(`${name} to be empty`, async () => producer.outTo(name) === 0 && (await queueDepths(name)).get(name) === 0, 30_000, 250);
    await ctl('delete_queue', '-p', vhost(), name);
  } finally {
    producer.release(name);
  }
  return { heal: nothing, proof };
});

// A channel remembers what it was allowed, and whoever consumes is not asked again: so they have to come back.
const revoke = setting(
  async () => { await ctl('clear_permissions', '-p', vhost(), user()); await ctl('close_all_connections', '-p', vhost(), 'chaos'); },
  () => again('set_permissions', '-p', vhost(), user(), '.*', '.*', '.*'),
  ({ slots }) => () => notReady(slots.map(({ child }) => child), 'not consuming'));

const policy = (limit) => ['set_policy', '-p', vhost(), '--apply-to', 'queues', '--priority', '20', 'chaos', '^notifications\\.[a-z0-9_-]+(\\.retry)?$',
  JSON.stringify({ 'delivery-limit': limit, 'dead-letter-exchange': 'tidings.dead', 'dead-letter-strategy': 'at-least-once', overflow: 'reject-publish' })];
const changePolicy = setting(() => ctl(...policy(30)), () => clearPolicy(),
  () => async () => /\tchaos$/m.test(await ctl('list_queues', '-p', vhost(), 'name', 'policy')));
const clearPolicy = () => insist('the policy to go', async () => {
  const there = (await ctl('list_policies', '-p', vhost())).includes('chaos');
  if (there) await ctl('clear_policy', '-p', vhost(), 'chaos');
});

// It holds from the next connection on, and is looked at once in a channel's tick.
const timeouts = (timeout, tick) => `application:set_env(rabbit, consumer_timeout, ${timeout}), application:set_env(rabbit, channel_tick_interval, ${tick}),
  [rabbit_networking:close_connection(Pid, "chaos") || Pid <- rabbit_networking:connections()], ok.`;
const consumerTimeout = onAllWorkers(async ({ sandbox, slots }) => {
  const proof = logSays(slots, (line) => /acknowledgement.* timed out/.test(line));
  const late = await playRules(sandbox, [{ every: 4, delayMs: 2_500 }]);
  const heal = async () => {
    await late.heal();
    played.hits = late.hits;
    await again('eval', timeouts(1_800_000, 60_000));
  };
  const played = { heal, proof };
  await ctl('eval', timeouts(1_000, 300)).catch(async (error) => { await heal(); throw error; });
  return played;
});

export const rabbitmqFaults = [
  { name: 'RabbitMQ killed', hold: [0, 3_000], certain: true, inject: kill },
  { name: 'RabbitMQ frozen', hold: [2_000, 14_000], certain: true, inject: freezeServer('rabbit') },
  { name: 'RabbitMQ node cut off', hold: [3_000, 10_000], certain: true, inject: cutOff, needs: 'cluster' },
  { name: 'RabbitMQ closes all connections', hold: [0, 100], certain: true, inject: closeConnections },
  { name: 'RabbitMQ memory alarm', hold: [2_000, 6_000], certain: true, inject: memoryAlarm },
  { name: 'RabbitMQ disk alarm', hold: [2_000, 6_000], certain: true, inject: diskAlarm },
  { name: 'RabbitMQ queue deleted', hold: [0, 1_000], certain: true, inject: deleteQueue },
  { name: 'RabbitMQ permission revoked', hold: [2_000, 6_000], certain: true, inject: revoke },
  { name: 'RabbitMQ policy changed', hold: [500, 2_000], certain: true, inject: changePolicy },
  { name: 'RabbitMQ consumer timeout', hold: [3_000, 6_000], inject: consumerTimeout },
];
