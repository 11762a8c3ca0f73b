// What the tests of poison share: messages on queues of either kind, and workers that live until a message kills them.
import assert from 'node:assert/strict';
import { edit, tidings } from '../../e2e/lib/world.mjs';
import { startCrashing } from './crash.mjs';
import { until } from './run.mjs';
import { amqpUrl, sql, stack } from './stack.mjs';

// A vhost whose queues are of that kind, with the shipped policies as far as they hold for it.
export async function useVhost(t, world, kind) {
  const vhost = `${world.tag}-${kind}`, url = new URL(amqpUrl());
  await stack('rabbitmqctl', '-q', 'add_vhost', vhost, '--default-queue-type', kind);
  t.after(() => stack('rabbitmqctl', '-q', 'delete_vhost', vhost));
  await stack('rabbitmqctl', '-q', 'set_permissions', '-p', vhost, decodeURIComponent(url.username), '.*', '.*', '.*');
  const limit = kind === 'quorum' ? { 'delivery-limit': 20 } : {};
  await stack('rabbitmqctl', '-q', 'set_policy', '-p', vhost, '--apply-to', 'queues', 'tidings', '^notifications\\.[a-z0-9_-]+(\\.retry)?$',
    JSON.stringify({ 'dead-letter-exchange': 'tidings.dead', overflow: 'reject-publish', ...limit }));
  url.pathname = `/${vhost}`;
  edit(world.config, amqpUrl(), url.href);
  const { code, err } = await tidings(world, 'setup');
  assert.equal(code, 0, err);
  return vhost;
}

export const kindOf = async (vhost, queue) => (await stack('rabbitmqctl', '-q', 'list_queues', '-p', vhost, 'name', 'type', '--no-table-headers')).split('\n').find((line) => line.startsWith(`${queue}\t`));

// The reasons of the dead letters, each once (their errors may differ: some workers die before a claim, some after it), when there is
// a letter for each of so many messages; two where a worker died between its confirm and its ack.
export async function deadReasons(world, messages, capMs = 30_000) {
  let last = null;
  const look = async () => {
    last = JSON.parse((await tidings(world, 'dlq', 'list', '--type', world.type(), '--json')).out);
    return last.total >= messages && last.total <= 2 * messages && [...new Set(last.groups.map(({ reason }) => reason))];
  };
  return until(`${messages} dead letters`, look, capMs).catch((error) => assert.fail(`${error.message}, found ${JSON.stringify(last)}`));
}

// Spread evenly among the good ones.
export function mixed(good, poison) {
  const all = [...good], step = Math.floor(good.length / poison.length);
  poison.forEach((one, i) => all.splice(i * (step + 1) + Math.min(5, step), 0, one));
  return all;
}

// Workers that die at the crash point, one after the other, until the condition holds. Returns how many died, and the last one.
export async function livesAndDeaths(world, at, finished, mostDeaths, args = []) {
  for (let deaths = 0; ; ++deaths) {
    const worker = startCrashing('worker', at, ['--config', world.config, '--name', `w${deaths}`, ...args]);
    world.workers.push(worker);
    let all = false;
    await until('a death, or the end', async () => worker.signalCode !== null || worker.exitCode !== null || (all = await finished()), 60_000, 20);
    if (all) return { deaths, worker };
    assert.equal(worker.signalCode, 'SIGKILL', worker.tail.join('\n'));
    assert.ok(deaths < mostDeaths, `${deaths + 1} deaths`);
  }
}

export const countOf = async (world, condition) => Number((await sql(`select count(*) from tidings.deliveries where notification_id like '${world.tag}-%' and ${condition}`))[0][0]);
