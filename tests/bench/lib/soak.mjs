// Mixed load at half speed for a long time: memory and open files must not grow, and in the end nothing may be left.
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { end, until } from '../../fault/lib/run.mjs';
import { memory, openFiles, sum } from './measure.mjs';
import { fill } from './rig.mjs';
import { throughput } from './throughput.mjs';

const lookEveryMs = 5_000;
const mostRss = 1.05, mostRssMiB = 2, mostFiles = 8; // between the early and the last part of the time

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function look(pool, begin) {
  const metrics = (await Promise.all(pool.map((worker) => worker.metrics()))).flat();
  const all = (of) => pool.reduce((n, worker) => n + of(worker), 0);
  return {
    seconds: (performance.now() - begin) / 1000, rssMiB: all((w) => memory(w.pid).nowMiB), files: all((w) => openFiles(w.pid)),
    jobs: sum(metrics, 'tidings_jobs_in_flight'), unacknowledged: sum(metrics, 'tidings_messages_unacknowledged'), ended: sum(metrics, 'notifications_sent_total'),
  };
}

// The first tenth warms caches and pools up; then the early part is compared with the last one.
export function drift(looks) {
  const part = (from, to) => looks.slice(Math.floor(looks.length * from), Math.max(Math.ceil(looks.length * to), 1));
  const [early, late] = [part(0.1, 0.4), part(0.7, 1)].map((some) => ({ rssMiB: median(some.map((l) => l.rssMiB)), files: median(some.map((l) => l.files)) }));
  const problems = [];
  if (late.rssMiB > early.rssMiB * mostRss + mostRssMiB) problems.push(`memory grew from ${early.rssMiB.toFixed(1)} to ${late.rssMiB.toFixed(1)} MiB`);
  if (late.files > early.files + mostFiles) problems.push(`open files grew from ${early.files} to ${late.files}`);
  return { early, late, problems };
}

// Logs are cut each minute, or an hour of them would fill the disk.
async function watch(rig, pool, minutes, load, tell) {
  const begin = performance.now(), looks = [];
  let over = false, told = 0;
  load.finally(() => { over = true; }).catch(() => {});
  while (!over) {
    await setTimeout(lookEveryMs);
    const now = await look(pool, begin);
    looks.push(now);
    if (now.seconds < (told + 1) * 60) continue;
    told = Math.floor(now.seconds / 60);
    tell(`minute ${String(told).padStart(3)} of ${minutes}: RSS ${now.rssMiB.toFixed(1)} MiB, ${now.files} files, ${now.jobs} jobs in flight, ${now.unacknowledged} unacknowledged, ${now.ended} ended`);
    rig.sink.clear();
    for (const worker of pool) fs.truncateSync(worker.log);
  }
  await load;
  return { looks, begin };
}

export async function soak(rig, tell) {
  const minutes = rig.options.soak;
  const { pool, result } = await throughput(rig, tell);
  const rate = Math.round(result.steadyMsgPerSecond / 2);
  tell(`mixed load at ${rate} msg/s for ${minutes} minutes`);
  const load = fill(rig, `s${Date.now().toString(36)}`, rate * 60 * minutes, ['--rate', rate, '--mixed']);
  const { looks, begin } = await watch(rig, pool, minutes, load, tell);
  const { early, late, problems } = drift(looks);
  const last = await until('nothing in flight', async () => { const now = await look(pool, begin); return now.jobs + now.unacknowledged === 0 && now; }, 30_000, 250)
    .catch(async () => look(pool, begin));
  if (last.jobs + last.unacknowledged > 0) problems.push(`${last.jobs} jobs and ${last.unacknowledged} messages are still held 30 s after the load`);
  const codes = await Promise.all(pool.map((worker) => end(worker)));
  if (codes.some(({ code }) => code !== 0)) problems.push(`a worker ended with ${JSON.stringify(codes)}`);
  tell(`early: RSS ${early.rssMiB.toFixed(1)} MiB, ${early.files} files; late: ${late.rssMiB.toFixed(1)} MiB, ${late.files} files; after the load: ${last.rssMiB.toFixed(1)} MiB, ${last.files} files, ${last.jobs} jobs, ${last.unacknowledged} unacknowledged`);
  tell(problems.length ? `DRIFT: ${problems.join('; ')}` : 'no drift');
  return { rate, minutes, ended: last.ended - rig.options.messages, early, late, last, problems, failed: problems.length > 0 };
}
