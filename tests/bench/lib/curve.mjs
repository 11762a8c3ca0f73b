// Latency and throughput against offered load. The producer shares the machine, so what can be offered ends below
// the speed at which a full queue is worked off, which is what the shares are of.
import fs from 'node:fs';
import path from 'node:path';
import { end, project } from '../../fault/lib/run.mjs';
import { settleDisk } from './rig.mjs';
import { throughput } from './throughput.mjs';
import { latency } from './latency.mjs';
import { loadPicture } from './load_picture.mjs';

const shares = [0.1, 0.25, 0.5, 0.7, 0.8, 0.9];
const least = 200;

export async function curve(rig, tell) {
  const { pool, result } = await throughput(rig, tell);
  const maximum = Math.round(result.steadyMsgPerSecond);
  tell(`maximum ${maximum} msg/s\n\n| offered msg/s | of the maximum | arrived msg/s | p50 ms | p99 ms | max ms |\n| --- | --- | --- | --- | --- | --- |`);
  const points = [];
  for (const rate of [least, ...shares.map((share) => Math.round(share * maximum)).filter((r) => r > least)]) {
    await settleDisk(rig);
    const point = await latency(rig, rate, rig.options.seconds);
    points.push(point);
    tell(`| ${rate} | ${Math.round((rate / maximum) * 100)} % | ${point.arrivedPerSecond.toFixed(0)} | ${point.p50Ms.toFixed(2)} | ${point.p99Ms.toFixed(2)} | ${point.maxMs.toFixed(0)} |`);
  }
  await Promise.all(pool.map((worker) => end(worker)));
  const picture = path.join(project, 'docs/load.svg');
  fs.writeFileSync(picture, loadPicture(points, maximum));
  tell(`\nwritten: ${path.relative(project, picture)}`);
  return { throughput: result, maximum, points };
}
