// What every scenario needs: servers, a sink, a configuration, people, and workers to measure.
import fs from 'node:fs';
import path from 'node:path';
import { output, project } from '../../fault/lib/run.mjs';
import { startSink } from './sink.mjs';
import { startLogged, lineWith } from './process.mjs';
import { familyCpuSeconds, machineSeconds, readMetrics } from './measure.mjs';
import { setJournal } from './journal.mjs';

export async function makeRig(options) {
  const dir = path.resolve(options.dir);
  fs.mkdirSync(dir, { recursive: true });
  const stackArgs = ['--dir', path.join(dir, 'stack'), '--amqp-port', '5679', '--pg-port', '5439'];
  const stack = (command, ...args) => output(path.join(project, 'scripts/stack'), [command, ...stackArgs, ...args]);
  takeOver(await stack('start'));
  const rig = { dir, options, stack, binary: (name) => path.join(options.bin, name) };
  rig.sql = async (text) => (await stack('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', text)).trim();
  rig.sink = await startSink(dir, { delayMs: options.providerDelay, http2: options.http2 });
  rig.close = async () => {
    await rig.sink.stop();
    if (!options.keep) await stack('stop');
  };
  try {
    rig.config = writeConfig(rig);
    await prepareData(rig);
    return rig;
  } catch (error) {
    await rig.close();
    throw error;
  }
}

// The exports that scripts/stack prints.
function takeOver(text) {
  for (const line of text.split('\n')) {
    const [, name, value] = line.match(/^export (\w+)='?([^']*)'?$/) ?? [];
    if (name) process.env[name] = value;
  }
}

function writeConfig({ dir, sink, options }) {
  const file = path.join(dir, 'tidings.yaml');
  const types = ['comment', 'like', 'follow', 'system'].map((t) => `  ${t}: {channels: [push], template: ${t}}`).join('\n');
  const trust = sink.caFile ? `, ca_file: "${sink.caFile}"` : '';
  fs.writeFileSync(file, `
amqp: {urls: ["${process.env.TIDINGS_AMQP_URL}"], prefetch: ${options.prefetch}}
postgres: {url: "${process.env.TIDINGS_PG_URL}"}
http: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
templates: ${path.join(project, 'templates')}
providers:
  fcm: {kind: fcm, service_account_file: "${sink.serviceAccountFile}", base_url: "${sink.url}", concurrency: ${options.concurrency}${trust}}
channels:
  push: {providers: [fcm]}
types:
${types}
${!options.noCap ? 'caps:\n  hourly: {types: ["*"], channels: ["*"], limit: 1000, window: 1h, on_exceed: drop}' : ''}
`);
  return file;
}

async function prepareData(rig) {
  await output(rig.binary('workers/tidings/tidings'), ['setup', '--config', rig.config]);
  await emptyQueues(rig);
  const people = `generate_series(1, ${rig.options.users}) n on conflict do nothing`;
  await rig.sql(`insert into tidings.recipients(id, locale) select 'user-'||n, 'en' from ${people};
    insert into tidings.addresses(recipient, channel, address) select 'user-'||n, 'push', 'device-token-of-user-'||n||'-'||repeat('x', 120) from ${people};
    insert into tidings.preferences(recipient, scope, channel, enabled) select 'user-'||n, 'comment', 'email', false from ${people}`);
  await setJournal(rig, rig.options.journalRows);
  for (const table of ['recipients', 'addresses', 'preferences']) await rig.sql(`vacuum analyze tidings.${table}`);
}

// Of what a run that was broken off has left.
async function emptyQueues(rig) {
  const vhost = ['-p', new URL(process.env.TIDINGS_AMQP_URL).pathname.slice(1) || '/'];
  const depths = await rig.stack('rabbitmqctl', '-q', 'list_queues', ...vhost, 'name', 'messages', '--no-table-headers');
  const left = depths.split('\n').map((line) => line.split('\t')).filter(([name, n]) => name && !name.endsWith('.dead') && Number(n) > 0);
  for (const [name] of left) await rig.stack('rabbitmqctl', '-q', 'purge_queue', ...vhost, name);
}

// Publishes, and resolves when everything is confirmed.
export async function fill(rig, prefix, messages, more = []) {
  const args = ['--messages', String(messages), '--users', String(rig.options.users), '--prefix', prefix, ...more.map(String)];
  const done = JSON.parse(await output(rig.binary('tests/bench/fill/bench-fill'), args));
  if (done.failed) throw new Error(`${done.failed} of ${messages} messages were not confirmed`);
  return done;
}

// `under`: a command line that measures the worker it is put before.
export async function startWorker(rig, name, under = []) {
  const [command, ...args] = [...under, rig.binary('workers/worker/tidings-worker'), '--config', rig.config, '--name', name];
  const log = path.join(rig.dir, `${name}.log`);
  const spawnedAt = Date.now();
  const child = startLogged(command, args, log);
  const info = JSON.parse(await lineWith(child, '"started"', 60_000));
  child.metrics = () => readMetrics(`http://127.0.0.1:${info.http_port}/metrics`);
  return Object.assign(child, { spawnedAt, log });
}

// CPU seconds so far, of each service and of the machine.
export function services(rig) {
  const pid = (name) => Number(fs.readFileSync(path.join(rig.dir, 'stack/run', `${name}.pid`), 'utf8').split(' ')[0]);
  return { rabbitmq: familyCpuSeconds(pid('rabbit')), postgres: familyCpuSeconds(pid('postgres')), machine: machineSeconds() };
}

// Or what was written before has to reach the disk while the next part is measured.
export async function settleDisk(rig) {
  await rig.sql('vacuum analyze tidings.log');
  await rig.sql('checkpoint');
  await output('sync', []);
}
