// How fast a full queue is worked off, and what a message costs.
import { setTimeout } from 'node:timers/promises';
import { fill, services, startWorker } from './rig.mjs';
import { busySeconds, cpuSeconds, memory, sum } from './measure.mjs';

const limitMs = 1_800_000;
const ended = (metrics) => sum(metrics, 'notifications_sent_total');

async function progress(pool) {
  const all = await Promise.all(pool.map((worker) => worker.metrics()));
  return { at: performance.now(), done: all.reduce((n, m) => n + ended(m), 0), all };
}

// Resolves when so many deliveries have ended. Looked at seldom, because looking costs the machine too, and
// often only towards the end.
export async function untilDone(pool, messages, onLook = () => {}) {
  const begin = performance.now();
  let last, low, high;
  do {
    const speed = low ? (last.done - low.done) / (last.at - low.at) : 0;
    await setTimeout(speed ? Math.min(1000, Math.max(20, (messages - last.done) / speed / 2)) : 200);
    last = await progress(pool);
    if (last.done >= messages * 0.1) low ??= last;
    if (last.done <= messages * 0.9) high = last;
    onLook(last.done);
    if (performance.now() > begin + limitMs) throw new Error(`only ${last.done} of ${messages} messages ended in half an hour`);
  } while (last.done < messages);
  const steady = low && high && high.at > low.at ? (high.done - low.done) / ((high.at - low.at) / 1000) : null;
  return { last, steady };
}

// A full queue and `workers` new workers. They are left running.
export async function throughput(rig, tell) {
  const { messages, workers } = rig.options;
  const tag = `b${Date.now().toString(36)}`;
  tell(`queued ${messages} messages in ${(await fill(rig, tag, messages)).seconds.toFixed(1)} s (confirmed)`);
  const before = services(rig);
  const begin = performance.now();
  const pool = await Promise.all(Array.from({ length: workers }, (_, i) => startWorker(rig, `bench-${i}`)));
  const { last, steady } = await untilDone(pool, messages, (done) => process.stdout.isTTY && tell(`\r${done} / ${messages}`, true));
  const seconds = (last.at - begin) / 1000;
  const after = services(rig);
  const micros = (name) => (after[name] - before[name]) / messages * 1e6;
  const total = (name, match) => last.all.reduce((n, m) => n + sum(m, name, match), 0) / messages;
  return { pool, result: {
    messages, workers, seconds, msgPerSecond: messages / seconds, steadyMsgPerSecond: steady,
    workerCpuMicrosPerMessage: pool.reduce((n, w) => n + cpuSeconds(w.pid), 0) / messages * 1e6,
    rabbitmqCpuMicrosPerMessage: micros('rabbitmq'), postgresCpuMicrosPerMessage: micros('postgres'), machineCpuMicrosPerMessage: micros('machine'),
    pgRoundTripsPerMessage: total('tidings_pg_round_trips_total'),
    amqpFramesInPerMessage: total('tidings_amqp_frames_total', { direction: 'in' }),
    amqpFramesOutPerMessage: total('tidings_amqp_frames_total', { direction: 'out' }),
    peakRssMiB: Math.max(...pool.map((w) => memory(w.pid).peakMiB)),
    startToFirstMessageMs: rig.sink.firstArrival() - pool[0].spawnedAt,
  } };
}

// How much of a core a worker takes that has nothing to do.
export async function idle(pool, seconds) {
  if (seconds <= 0) return null;
  const before = pool.map((worker) => busySeconds(worker.pid));
  const begin = performance.now();
  await setTimeout(seconds * 1000);
  const passed = (performance.now() - begin) / 1000;
  return { seconds, percentOfACore: Math.max(...pool.map((worker, i) => (busySeconds(worker.pid) - before[i]) / passed * 100)) };
}
