// Whether workers grow while they live: read at calm moments, judged at the end.
import { setTimeout as sleep } from 'node:timers/promises';

const MiB = 2 ** 20;
// Of a shorter life the warming up is most of what is seen.
const longLifeMs = 120_000, fewestReadings = 6;
// A burst after an outage leaves something behind: malloc keeps the pages of some hundred messages, and caches fill.
const bytesMayGrow = (early) => Math.max(16 * MiB, 0.3 * early);
// Beside the connections to providers, of which a busy time leaves as many as they may be; one lost with each outage passes
// this within an hour.
const descriptorsMayGrow = 20;
// Who has lived so long is warm after a third of it, and may hardly grow from then on.
const wholeLifeMs = 30 * 60_000;
const bytesMayCreep = (middle) => 0.05 * middle + 2 * MiB;
const runToJudgeMs = 10 * 60_000;  // in so long a run somebody lives long enough
const answerWithinMs = 2_000;
const restWithinMs = 5_000;  // the last acknowledgement is seen here a moment after the broker has it

export class Soak {
  // judgeMemory: not with the sanitizers, which keep what is freed for a while.
  constructor({ judgeMemory }) { Object.assign(this, { judgeMemory, readings: [], left: [], silent: 0 }); }

  // While nothing is broken.
  async read(slots) { this.readings.push(...await readAll(slots)); }
  // When nothing is queued any more, and so nothing should be under way.
  async readAtRest(slots) {
    for (const begun = Date.now(); ;) {
      this.left = await readAll(slots);
      this.silent = slots.length - this.left.length;
      if ((this.silent === 0 && underWay(this.left) === 0) || Date.now() - begun > restWithinMs) return;
      await sleep(100);
    }
  }
  judge(runMs) { return judgeSoak({ ...this, runMs }); }
}

// Pure.
//   readings   [{worker, pid, ageMs, bytes, descriptors, connections, inFlight, unacknowledged}] in order;
//              `descriptors`: beside the `connections` to providers
//   left       the same, at rest; silent: how many could not be read then
//   runMs      how long faults were played
export function judgeSoak({ readings, left, silent = 0, judgeMemory = true, runMs = 0 }) {
  const workers = lives(readings).filter((life) => life.length >= fewestReadings && life.at(-1).ageMs >= longLifeMs).map(driftOf);
  const leaks = [...workers.flatMap((drift) => leaksOf(drift, judgeMemory)), ...left.flatMap(leftBy)];
  if (silent > 0) leaks.push(`${silent} workers could not be read after the drain`);
  if (workers.length === 0 && runMs >= runToJudgeMs) leaks.push('growth not judged: no worker lived for two minutes and was read often enough');
  return { ok: leaks.length === 0, judgeMemory, readings: readings.length, workers, left, leaks };
}

function lives(readings) {
  const byPid = new Map();
  for (const reading of readings) byPid.set(reading.pid, [...byPid.get(reading.pid) ?? [], reading]);
  return [...byPid.values()];
}

function median(readings, name) {
  const sorted = readings.map((reading) => reading[name]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function driftOf(life) {
  const third = Math.floor(life.length / 3), { worker, pid, ageMs } = life.at(-1);
  const of = (part) => Object.fromEntries(['bytes', 'descriptors', 'connections', 'inFlight', 'unacknowledged'].map((name) => [name, median(part, name)]));
  return { worker, pid, ageMs, readings: life.length, early: of(life.slice(0, third)), middle: of(life.slice(third, -third)), late: of(life.slice(-third)) };
}

function leaksOf({ worker, pid, ageMs, early, middle, late }, judgeMemory) {
  const leaks = [], who = `worker ${worker} (pid ${pid})`;
  if (judgeMemory && late.bytes > early.bytes + bytesMayGrow(early.bytes)) leaks.push(`${who}: ${inMiB(early.bytes)} MiB became ${inMiB(late.bytes)}`);
  if (judgeMemory && ageMs >= wholeLifeMs && late.bytes > middle.bytes + bytesMayCreep(middle.bytes)) leaks.push(`${who}: still grows, ${inMiB(middle.bytes)} MiB became ${inMiB(late.bytes)} after its first third`);
  if (late.descriptors > early.descriptors + descriptorsMayGrow) leaks.push(`${who}: ${early.descriptors} descriptors became ${late.descriptors}`);
  return leaks;
}

const leftBy = ({ worker, inFlight, unacknowledged }) =>
  (inFlight + unacknowledged > 0 ? [`worker ${worker}: ${inFlight} jobs in flight, ${unacknowledged} messages unacknowledged after the drain`] : []);

const underWay = (left) => left.reduce((n, { inFlight, unacknowledged }) => n + inFlight + unacknowledged, 0);
const inMiB = (bytes) => (bytes / MiB).toFixed(1);

export function soakOf({ workers, judgeMemory, left, leaks, readings }) {
  const oldest = [...workers].sort((a, b) => b.ageMs - a.ageMs)[0];
  const drift = oldest ? `, the oldest ${(oldest.ageMs / 60_000).toFixed(1)} minutes: ${inMiB(oldest.early.bytes)} → ${inMiB(oldest.late.bytes)} MiB${judgeMemory ? '' : ' (not judged, sanitizers)'}, `
    + `${oldest.early.descriptors} → ${oldest.late.descriptors} descriptors and ${oldest.early.connections} → ${oldest.late.connections} connections to providers, ${oldest.early.inFlight} → ${oldest.late.inFlight} in flight` : ', growth not judged';
  const lines = [`soak: ${readings} readings; ${workers.length} workers lived two minutes or longer${drift}; after the drain ${underWay(left)} in flight in ${left.length} workers; leaks ${leaks.length}`];
  return [...lines, ...leaks.map((leak) => `  leak: ${leak}`)].join('\n');
}

async function readAll(slots) {
  return (await Promise.all(slots.map(readOne))).filter(Boolean);
}

// One that a worker has given up stays in the proxy until the stand-in has seen it, too, which may be seconds later.
export const heldByWorker = ({ client }) => !client.readableEnded;

// Who doesn't answer is starting or ending, and is left out.
async function readOne({ index, child, proxies }) {
  if (!child?.http) return null;
  try {
    const answer = await fetch(`${child.http}/metrics`, { signal: AbortSignal.timeout(answerWithinMs) });
    const text = await answer.text();
    const value = (name) => Number(text.match(new RegExp(`^${name} (.*)$`, 'm'))[1]);
    const connections = [...proxies.http, ...proxies.smtp].flatMap(({ pairs }) => [...pairs]).filter(heldByWorker).length;
    return {
      worker: index, pid: child.pid, ageMs: Math.round(performance.now() - child.since),
      bytes: value('tidings_process_resident_bytes'), descriptors: value('tidings_process_open_fds') - connections, connections,
      inFlight: value('tidings_jobs_in_flight'), unacknowledged: value('tidings_messages_unacknowledged'),
    };
  } catch { return null; }
}
