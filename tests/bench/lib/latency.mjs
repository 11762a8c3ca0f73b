// Publish → provider at a given rate: from the instant before a message is published to its request at the sink.
import fs from 'node:fs';
import path from 'node:path';
import { until } from '../../fault/lib/run.mjs';
import { fill } from './rig.mjs';
import { quantile } from './measure.mjs';

const warmSeconds = 3;

export async function latency(rig, rate, seconds) {
  const tag = `l${Date.now().toString(36)}`;
  const stamps = path.join(rig.dir, 'stamps');
  const warm = Math.round(warmSeconds * rate), count = Math.round(rate * (seconds + warmSeconds));
  rig.sink.clear();
  await fill(rig, tag, count, ['--rate', rate, '--stamps', stamps]);
  const arrivals = await until('all of them at the sink', () => { const a = rig.sink.arrivals(tag); return a.size >= count && a; }, 120_000, 200);
  const sent = fs.readFileSync(stamps, 'utf8').trim().split('\n').slice(warm).map((line) => line.split(' '));
  const waits = sent.map(([id, micros]) => arrivals.get(id) - Number(micros) / 1000).sort((a, b) => a - b);
  const first = Number(sent[0][1]) / 1000, last = sent.reduce((at, [id]) => Math.max(at, arrivals.get(id)), 0);
  return { rate, samples: waits.length, p50Ms: quantile(waits, 0.5), p99Ms: quantile(waits, 0.99), maxMs: waits.at(-1), arrivedPerSecond: waits.length / ((last - first) / 1000) };
}
