// The whole-pipeline benchmark behind scripts/bench: fills the queues, starts workers against a sink
// and measures what the pipeline costs. Everything durable: fsync on, persistent messages, confirmed.
import os from 'node:os';
import { end } from '../fault/lib/run.mjs';
import { readOptions } from './lib/options.mjs';
import { makeRig, settleDisk } from './lib/rig.mjs';
import { idle, throughput } from './lib/throughput.mjs';
import { latency } from './lib/latency.mjs';
import { count } from './lib/count.mjs';
import { curve } from './lib/curve.mjs';
import { soak } from './lib/soak.mjs';

function machine() {
  const cpu = os.cpus();
  return { cpu: cpu[0].model, cores: cpu.length, memoryGiB: Math.round(os.totalmem() / 2 ** 30), kernel: os.release() };
}

// Full speed, then idle, then paced.
async function whole(rig, tell) {
  const { options } = rig;
  const { pool, result } = await throughput(rig, tell);
  if (options.rate > 0 || options.idle > 0) await settleDisk(rig);
  const report = { machine: machine(), throughput: result, idle: await idle(pool, options.idle) };
  report.latency = options.rate > 0 ? await latency(rig, options.rate, options.seconds) : null;
  const codes = await Promise.all(pool.map((worker) => end(worker)));
  if (codes.some(({ code }) => code !== 0)) throw new Error(`a worker ended with ${JSON.stringify(codes)}`);
  print(report, options, tell);
  return report;
}

function print({ machine: here, throughput: t, idle: rest, latency: l }, options, tell) {
  const n = (value, digits = 1) => value?.toFixed(digits) ?? '-';
  const sink = `${options.http2 ? 'HTTP/2' : 'HTTP/1.1'}${options.providerDelay ? `, answers after ${options.providerDelay} ms` : ', answers at once'}, ${options.concurrency} requests at once`;
  tell(`
machine              ${here.cores} × ${here.cpu}, ${here.memoryGiB} GiB, shared with RabbitMQ, PostgreSQL and the sink
sink                 ${sink}
throughput           ${n(t.msgPerSecond, 0)} msg/s (start-up included), steady ${n(t.steadyMsgPerSecond, 0)} msg/s, ${t.workers} worker(s), ${t.messages} messages, ${options.journalRows} earlier journal rows
worker CPU           ${n(t.workerCpuMicrosPerMessage)} µs a message (RabbitMQ ${n(t.rabbitmqCpuMicrosPerMessage)}, PostgreSQL ${n(t.postgresCpuMicrosPerMessage)}, whole machine ${n(t.machineCpuMicrosPerMessage)})
PostgreSQL           ${n(t.pgRoundTripsPerMessage, 3)} round trips a message
AMQP                 ${n(t.amqpFramesInPerMessage, 2)} frames in, ${n(t.amqpFramesOutPerMessage, 3)} out a message
peak RSS             ${n(t.peakRssMiB)} MiB
start → first        ${n(t.startToFirstMessageMs, 0)} ms until the first request at the sink`);
  if (rest) tell(`idle                 ${n(rest.percentOfACore, 2)} % of a core over ${rest.seconds} s`);
  if (l) tell(`publish → provider   p50 ${n(l.p50Ms, 2)} ms, p99 ${n(l.p99Ms, 2)} ms, max ${n(l.maxMs)} ms at ${l.rate} msg/s (${l.samples} samples)`);
}

const options = readOptions();
const tell = (text, partial = false) => { if (!options.json) process.stdout.write(partial ? text : `${text}\n`); };
const scenario = { whole, count, soak, curve }[options.scenario];
const rig = await makeRig(options);
try {
  const report = await scenario(rig, tell);
  if (options.json) console.log(JSON.stringify(report));
  if (report.failed) process.exitCode = 1;
} finally {
  await rig.close();
}
