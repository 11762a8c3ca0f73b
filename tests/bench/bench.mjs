// The whole-pipeline benchmark behind scripts/bench: fills the queues, starts workers against a sink
// that answers at once, and measures what the pipeline costs. Everything durable: fsync on, persistent
// messages, confirmed.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { output, project, start, end, until } from '../fault/lib/run.mjs';
import { startSink } from './lib/sink.mjs';
import { cpuSeconds, familyCpuSeconds, machineSeconds, memory, readMetrics, sum, quantile } from './lib/measure.mjs';

const usage = `Usage: scripts/bench [options]
  --messages N     messages queued before the workers start (default 100000)
  --workers W      workers (default 1)
  --rate R         paced rate of the latency part (default 200); 0 leaves it out
  --seconds S      how long the latency part takes, after 3 s of warming up (default 20)
  --users U        different recipients (default 20000)
  --prefetch P     unacknowledged messages per worker (default 1000)
  --concurrency C  requests at the sink at once (default 64, as shipped)
  --no-cap         without the rolling cap that counts every message
  --dir DIR        servers and data (default .bench); ports 5679 and 5439
  --bin DIR        build folder (default build/release)
  --keep           leave the servers running for the next run
  --json           one JSON object on standard output
  --compare REV    instead: this tree and another revision in turns, medians and ratios (servers stay; --rounds N, default 5)
Examples:
  scripts/bench --compare HEAD~1 --messages 50000
  scripts/bench --messages 20000 --seconds 5
  scripts/bench --messages 1000000 --rate 0 --json`;

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' }, workers: { type: 'string', default: '1' },
    rate: { type: 'string', default: '200' }, seconds: { type: 'string', default: '20' },
    users: { type: 'string', default: '20000' }, prefetch: { type: 'string', default: '1000' }, concurrency: { type: 'string', default: '64' },
    'no-cap': { type: 'boolean', default: false }, dir: { type: 'string', default: path.join(project, '.bench') },
    bin: { type: 'string', default: path.join(project, 'build/release') },
    keep: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  },
});
if (options.help) { console.log(usage); process.exit(0); }
const messages = Number(options.messages), rate = Number(options.rate), workers = Number(options.workers);
const dir = path.resolve(options.dir);
const tell = (text) => { if (!options.json) console.log(text); };
const binary = (name) => path.join(options.bin, name);

const stackArgs = ['--dir', path.join(dir, 'stack'), '--amqp-port', '5679', '--pg-port', '5439'];
const stack = (...args) => output(path.join(project, 'scripts/stack'), [args[0], ...stackArgs, ...args.slice(1)]);
const sql = async (text) => (await stack('psql', '-X', '-q', '-A', '-t', '-c', text)).trim();

async function startServers() {
  const env = await stack('start');
  for (const line of env.split('\n')) {
    const [, name, value] = line.match(/^export (\w+)='?([^']*)'?$/) ?? [];
    if (name) process.env[name] = value;
  }
  return startSink(dir);
}

function writeConfig(sink) {
  const file = path.join(dir, 'tidings.yaml');
  const types = ['comment', 'like', 'follow', 'system'].map((t) => `  ${t}: {channels: [push], template: ${t}}`).join('\n');
  fs.writeFileSync(file, `
amqp: {urls: ["${process.env.TIDINGS_AMQP_URL}"], prefetch: ${options.prefetch}}
postgres: {url: "${process.env.TIDINGS_PG_URL}"}
http: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
templates: ${path.join(project, 'templates')}
providers:
  fcm: {kind: fcm, service_account_file: "${sink.serviceAccountFile}", base_url: "${sink.url}", concurrency: ${options.concurrency}}
channels:
  push: {providers: [fcm]}
types:
${types}
${!options['no-cap'] ? 'caps:\n  hourly: {types: ["*"], channels: ["*"], limit: 1000, window: 1h, on_exceed: drop}' : ''}
`);
  return file;
}

async function prepareData(config) {
  await output(binary('workers/tidings/tidings'), ['setup', '--config', config]);
  await sql(`insert into tidings.recipients(id, locale) select 'user-'||n, 'en' from generate_series(1, ${options.users}) n on conflict do nothing;
    insert into tidings.addresses(recipient, channel, address) select 'user-'||n, 'push', 'device-token-of-user-'||n||'-'||repeat('x', 120) from generate_series(1, ${options.users}) n on conflict do nothing;
    insert into tidings.preferences(recipient, scope, channel, enabled) select 'user-'||n, 'comment', 'email', false from generate_series(1, ${options.users}) n on conflict do nothing`);
  await stack('psql', '-X', '-q', ...['recipients', 'addresses', 'preferences', 'log'].flatMap((table) => ['-c', `vacuum analyze tidings.${table}`]));
}

async function startWorker(config, name) {
  let begun;
  const started = new Promise((resolve) => { begun = resolve; });
  const log = fs.openSync(path.join(dir, `${name}.log`), 'w');
  const child = start(binary('workers/worker/tidings-worker'), ['--config', config, '--name', name],
    { onLine: (line) => { fs.writeSync(log, `${line}\n`); if (line.includes('"started"')) begun(JSON.parse(line)); } });
  const info = await Promise.race([started, child.ended.then(() => { throw new Error(child.tail.join('\n')); })]);
  child.metrics = () => readMetrics(`http://127.0.0.1:${info.http_port}/metrics`);
  return child;
}

const finals = (metrics) => sum(metrics, 'notifications_sent_total');
async function progress(pool) {
  const all = await Promise.all(pool.map((worker) => worker.metrics()));
  return { at: performance.now(), done: all.reduce((n, m) => n + finals(m), 0), all };
}

// CPU seconds so far, of each service and of the machine.
function services() {
  const pid = (name) => Number(fs.readFileSync(path.join(dir, 'stack/run', `${name}.pid`), 'utf8').split(' ')[0]);
  return { rabbitmq: familyCpuSeconds(pid('rabbit')), postgres: familyCpuSeconds(pid('postgres')), machine: machineSeconds() };
}

async function throughput(config) {
  const tag = `b${Date.now().toString(36)}`;
  const fill = JSON.parse(await output(binary('tests/bench/fill/bench-fill'), ['--messages', String(messages), '--users', options.users, '--prefix', tag]));
  tell(`queued ${messages} messages in ${fill.seconds.toFixed(1)} s (confirmed)`);
  const before = services();
  const begin = performance.now();
  const pool = await Promise.all(Array.from({ length: workers }, (_, i) => startWorker(config, `bench-${i}`)));
  let last, low, high;
  // Looked at seldom, because looking costs the machine too, and often only towards the end.
  const deadline = begin + 1_800_000;
  do {
    const speed = low ? (last.done - low.done) / (last.at - low.at) : 0;
    await setTimeout(speed ? Math.min(1000, Math.max(20, (messages - last.done) / speed / 2)) : 200);
    last = await progress(pool);
    if (last.done >= messages * 0.1) low ??= last;
    if (last.done <= messages * 0.9) high = last;
    if (!options.json && process.stdout.isTTY) process.stdout.write(`\r${last.done} / ${messages}`);
    if (performance.now() > deadline) throw new Error(`only ${last.done} of ${messages} messages ended in half an hour`);
  } while (last.done < messages);
  const seconds = (last.at - begin) / 1000;
  const after = services();
  const micros = (name) => (after[name] - before[name]) / messages * 1e6;
  const span = low && high && high.at > low.at ? (high.done - low.done) / ((high.at - low.at) / 1000) : null;
  const total = (name, match) => last.all.reduce((n, m) => n + sum(m, name, match), 0);
  const result = {
    messages, workers, seconds, msgPerSecond: messages / seconds, steadyMsgPerSecond: span,
    workerCpuMicrosPerMessage: pool.reduce((n, w) => n + cpuSeconds(w.pid), 0) / messages * 1e6,
    rabbitmqCpuMicrosPerMessage: micros('rabbitmq'), postgresCpuMicrosPerMessage: micros('postgres'),
    machineCpuMicrosPerMessage: micros('machine'),
    pgRoundTripsPerMessage: total('tidings_pg_round_trips_total') / messages,
    amqpFramesInPerMessage: total('tidings_amqp_frames_total', { direction: 'in' }) / messages,
    amqpFramesOutPerMessage: total('tidings_amqp_frames_total', { direction: 'out' }) / messages,
    peakRssMiB: Math.max(...pool.map((w) => memory(w.pid).peakMiB)),
  };
  return { pool, result };
}

async function latency(sink) {
  // Or what the part before left to be written to disk falls into this one.
  await sql('vacuum analyze tidings.log');
  await sql('checkpoint');
  await output('sync', []);
  const tag = `l${Date.now().toString(36)}`;
  const stamps = path.join(dir, 'stamps');
  const warm = 3 * rate, count = rate * (Number(options.seconds) + 3);
  sink.clear();
  await output(binary('tests/bench/fill/bench-fill'), ['--messages', String(count), '--users', options.users, '--prefix', tag, '--rate', String(rate), '--stamps', stamps]);
  const arrivals = await until('all of them at the sink', () => { const a = sink.arrivals(tag); return a.size >= count && a; }, 60_000, 200);
  const waits = fs.readFileSync(stamps, 'utf8').trim().split('\n').slice(warm).map((line) => {
    const [id, micros] = line.split(' ');
    return arrivals.get(id) - Number(micros) / 1000;
  }).sort((a, b) => a - b);
  return { rate, samples: waits.length, p50Ms: quantile(waits, 0.5), p99Ms: quantile(waits, 0.99), maxMs: waits.at(-1) };
}

function machine() {
  const cpu = os.cpus();
  return { cpu: cpu[0].model, cores: cpu.length, memoryGiB: Math.round(os.totalmem() / 2 ** 30), kernel: os.release() };
}

function print(report) {
  const t = report.throughput, l = report.latency, n = (value, digits = 1) => value?.toFixed(digits) ?? '-';
  tell(`
machine              ${report.machine.cores} × ${report.machine.cpu}, ${report.machine.memoryGiB} GiB, shared with RabbitMQ, PostgreSQL and the sink
throughput           ${n(t.msgPerSecond, 0)} msg/s (start-up included), steady ${n(t.steadyMsgPerSecond, 0)} msg/s, ${workers} worker(s), ${messages} messages
worker CPU           ${n(t.workerCpuMicrosPerMessage)} µs a message (RabbitMQ ${n(t.rabbitmqCpuMicrosPerMessage)}, PostgreSQL ${n(t.postgresCpuMicrosPerMessage)}, whole machine ${n(t.machineCpuMicrosPerMessage)})
PostgreSQL           ${n(t.pgRoundTripsPerMessage, 3)} round trips a message
AMQP                 ${n(t.amqpFramesInPerMessage, 2)} frames in, ${n(t.amqpFramesOutPerMessage, 3)} out a message
peak RSS             ${n(t.peakRssMiB)} MiB`);
  if (l) tell(`publish → provider   p50 ${n(l.p50Ms, 2)} ms, p99 ${n(l.p99Ms, 2)} ms, max ${n(l.maxMs)} ms at ${l.rate} msg/s (${l.samples} samples)`);
}

fs.mkdirSync(dir, { recursive: true });
const sink = await startServers();
try {
  const config = writeConfig(sink);
  await prepareData(config);
  const { pool, result } = await throughput(config);
  const report = { machine: machine(), throughput: result, latency: rate > 0 ? await latency(sink) : null };
  const codes = await Promise.all(pool.map((worker) => end(worker)));
  if (codes.some(({ code }) => code !== 0)) throw new Error(`a worker ended with ${JSON.stringify(codes)}`);
  print(report);
  if (options.json) console.log(JSON.stringify(report));
} finally {
  await sink.stop();
  if (!options.keep) await stack('stop');
}
