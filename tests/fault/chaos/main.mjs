// scripts/chaos: load at a bounded rate through a pool of workers while faults come and go, then the judgement.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { binaries, output, project, until } from '../lib/run.mjs';
import { amqpUrls, queueDepths, sql, stack, startStack } from '../lib/stack.mjs';
import { closeArena, endWorkers, inFlight, makeArena } from './arena.mjs';
import { mountDisk, unmountDisk } from './disk.mjs';
import { choose, playable, sanitized } from './faults.mjs';
import { libfaketime } from './faults_worker.mjs';
import { capsOf, makeLoad } from './load.mjs';
import { Pauses, withPauses } from './pauses.mjs';
import { Producer } from './producer.mjs';
import { Arrivals } from './rate.mjs';
import { judgeWorld } from './records.mjs';
import { lateOf, machine, perMillion, rowsOf, tableOf, verdictOf } from './report.mjs';
import { playStep } from './run_steps.mjs';
import { nameOf, playableOf, schedule } from './schedule.mjs';
import { Soak, soakOf } from './soak.mjs';
import { clocksOf } from './waiting.mjs';
import { mountWalDisk, unmountWalDisk } from './wal_disk.mjs';

const usage = `Usage: scripts/chaos [--minutes M | --messages N | --steps N] [options]
  --minutes M      how long faults are played (default 10); or
  --messages N     until so many messages were published; or
  --steps N        so many steps of the schedule
  --seed N         the schedule and the load (default 1); the same seed and faults give the same
  --secure         to the providers by HTTP/2 and TLS; --plain by HTTP/1.1 in the clear (default: secure with an odd seed)
  --faults A,B     only those whose names begin so (default: all; --faults list). What this machine can't play is left out
  --workers W      workers (default 2)
  --rate R         messages a second (default 300)
  --plan           print the first steps of the schedule, and play none
  --dir DIR        servers and data (default .chaos); --amqp-port N (default 5686), --pg-port N (default 5446)
  --bin DIR        build folder (default $TIDINGS_BIN, else build/release)
  --keep           leave servers, logs and records (where, is printed)
  --json           one JSON object on standard output; what happens meanwhile goes to standard error
Exit: 0 nothing was lost, no rule broken and no leak seen; 1 something was; 2 usage. With TIDINGS_STACK, a program with the commands of
scripts/stack, and its environment set, other servers are used.
Examples:
  scripts/chaos --minutes 10 --seed 7
  scripts/chaos --steps 6 --faults 'worker,postgresql killed' --rate 100
  scripts/chaos --messages 1000000 --rate 1500 --workers 3 --json`;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string' }, messages: { type: 'string' }, steps: { type: 'string' }, seed: { type: 'string', default: '1' },
    faults: { type: 'string' }, workers: { type: 'string', default: '2' }, rate: { type: 'string', default: '300' },
    secure: { type: 'boolean', default: false }, plain: { type: 'boolean', default: false },
    plan: { type: 'boolean', default: false }, dir: { type: 'string', default: path.join(project, '.chaos') },
    'amqp-port': { type: 'string', default: '5686' }, 'pg-port': { type: 'string', default: '5446' },
    bin: { type: 'string' }, keep: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  },
});
const dir = path.resolve(options.dir), seed = Number(options.seed), rate = Number(options.rate);
const secure = options.secure || (!options.plain && seed % 2 === 1);  // so one seed says it all
const own = !process.env.TIDINGS_STACK;  // servers
const place = { stack: path.join(dir, 'stack'), disk: path.join(dir, 'disk'), walDisk: path.join(dir, 'wal-disk') };
const enoughCrashes = 10;  // after so many there is no more to be learnt
const begun = Date.now();
const tell = (text) => (options.json ? process.stderr : process.stdout).write(`${((Date.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);

function bounds() {
  const minutes = Number(options.minutes ?? (options.messages || options.steps ? Infinity : 10));
  return { until: Date.now() + minutes * 60_000, messages: Number(options.messages ?? Infinity), steps: Number(options.steps ?? Infinity) };
}

async function play(arena, arrivals, faults) {
  const limit = bounds(), { producer } = arena, played = [];
  const byName = new Map(faults.map((fault) => [fault.name, fault]));
  let number = 0;
  for (const planned of schedule(seed, chosen)) {
    if (Date.now() >= limit.until || number >= limit.steps || producer.done || arena.crashes.length >= enoughCrashes) break;
    ++number;
    const { step, leftOut } = playableOf(planned, byName);
    if (leftOut.length > 0) tell(`step ${number}: left out ${leftOut.join(' and ')}`);
    if (step.faults.length > 0) played.push(await playStep(arena, arrivals, step, byName, number, tell));
  }
  return played;
}

// Nothing is queued and nothing under way; or it stays as it is for longer than a provider's throttling puts off, or workers
// that crash don't get it done in three minutes, which the judge will call by its name.
async function drained({ world, crashes }) {
  let last = '', since = Date.now();
  const begunAt = Date.now();
  for (;;) {
    const [[open]] = await sql(`select count(*) from tidings.deliveries where notification_id like '${world.tag}-%' and state in ('sending', 'retrying', 'deferred')
      and coalesce(next_attempt_at < now() + interval '10 minutes', true)`);  // a slow clock put off what comes later
    const queues = [...await queueDepths(`notifications.${world.tag}`)].filter(([name, depth]) => !name.endsWith('.dead') && depth > 0);
    if (open === '0' && queues.length === 0) return;
    const now = JSON.stringify([open, queues]);
    if (now !== last) since = Date.now();
    last = now;
    if (Date.now() - since > 90_000 || (crashes.length > 0 && Date.now() - begunAt > 180_000)) return tell(`not drained: ${open} deliveries open, ${JSON.stringify(queues)}`);
    await sleep(500);
  }
}

async function versions(worker) {
  const word = (text) => text.trim().split('\n').at(-1);
  return {
    tidings: word(await output(worker, ['--version'])), build: binaries,
    rabbitmq: word(await stack('rabbitmqctl', '-q', 'version')), postgresql: (await sql('show server_version'))[0][0], node: process.version,
  };
}

// Ctrl-C: no judgement, but nothing is left running.
let arena = null;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    if (arena) await closeArena(arena).catch(() => {});
    await clear();
    process.exit(130);
  });
}

async function main(faults, notPlayable) {
  const worker = path.join(binaries, 'workers/worker/tidings-worker');
  fs.mkdirSync(dir, { recursive: true });
  if (own) await startStack(place.stack, '--dir', place.stack, '--amqp-port', options['amqp-port'], '--pg-port', options['pg-port']);
  const needs = (what) => faults.some((fault) => fault.needs === what);
  const disk = needs('disk') ? await mountDisk(place.disk) : null;
  const walDisk = needs('walDisk') ? await mountWalDisk(place.walDisk) : null;
  await walDisk?.adopt(place.stack);
  arena = await makeArena({ workers: Number(options.workers), secure, disk, walDisk, bendClock: needs('faketime') && libfaketime, tell });
  arena.soak = new Soak({ judgeMemory: !sanitized(worker) });
  const arrivals = arena.arrivals = new Arrivals(arena.world.record), pauses = new Pauses(arena.sandbox.info[secure ? 'https' : 'http']);
  pauses.watch();
  try {
    const limit = bounds();
    arena.producer = new Producer(amqpUrls(), { rate, next: makeLoad(arena.world, seed), enough: (n) => n >= limit.messages });
    if (options.keep) tell(`servers in ${place.stack}, logs and records in ${arena.world.dir}`);
    for (const why of notPlayable) tell(`left out: ${why}`);
    arena.producer.start();
    await until('the first messages to arrive at the full rate', () => { arrivals.read(); const now = Date.now(); return arrivals.perSecond(now - 1_000, now) >= 0.8 * rate; }, 60_000, 100);
    const from = Date.now();
    const played = await play(arena, arrivals, faults);
    const runMs = Date.now() - from;
    await arena.producer.stop();
    tell(`all healed; ${arena.producer.confirmed} messages confirmed; draining`);
    await drained(arena);
    tell('drained; judging');
    await arena.soak.readAtRest(arena.slots);
    await endWorkers(arena);
    const steps = withPauses(played, pauses.found, arena.slots.length * inFlight);
    // What a fault has held back arrives within a second after it.
    const judged = steps.map((step) => ({ ...step, to: step.to + 1_000, faults: step.faults.length, ...clocksOf(step.faults) }));
    const { expected } = arena.producer;
    const verdict = await judgeWorld(arena.world, { expected, steps: judged, caps: capsOf(expected) });
    return { steps, verdict, soak: arena.soak.judge(runMs), versions: await versions(worker), confirmed: arena.producer.confirmed };
  } finally {
    arena.producer?.abandon();
    pauses.end();
    arrivals.close();
    await closeArena(arena);
  }
}

function report({ steps, verdict, soak, versions: using, confirmed }) {
  const rows = rowsOf(steps, verdict.perStep);
  const late = lateOf(steps);
  const never = steps.filter(({ recoveryMs }) => recoveryMs === null).length;
  const notDone = steps.flatMap((step) => step.notDone.map((one) => ({ ...one, alone: step.faults.length === 1 })));
  // What one fault keeps another from is no mistake; what cannot be played alone is.
  const ok = verdict.ok && soak.ok && arena.crashes.length === 0 && never === 0 && late.length === 0 && !notDone.some(({ alone }) => alone);
  const minutes = (Date.now() - begun) / 60_000;
  const result = { ok, seed, secure, minutes, workers: arena.slots.length, rate, messages: confirmed, faults: steps.reduce((n, { faults }) => n + faults.length, 0), machine: machine(), versions: using, rows, verdict, perMillion: perMillion(verdict), soak, crashes: arena.crashes, notDone, late, steps };
  if (options.json) return void console.log(JSON.stringify(result)) ?? ok;
  const { machine: m } = result;
  console.log(`\n${tableOf(rows)}\n\n${confirmed} messages confirmed, ${result.faults} faults in ${minutes.toFixed(1)} minutes, seed ${seed}, ${result.workers} workers, ${rate}/s, to the providers by ${secure ? 'HTTP/2 and TLS' : 'HTTP/1.1 in the clear'}`);
  console.log(verdictOf({ steps, verdict, crashes: arena.crashes, notDone, never, late }));
  console.log(soakOf(soak));
  console.log(`${using.tidings}, RabbitMQ ${using.rabbitmq}, PostgreSQL ${using.postgresql}, Node ${using.node}; ${m.cores} × ${m.cpu}, ${m.memoryGiB} GiB, Linux ${m.kernel}`);
  console.log(ok ? 'ok: nothing lost' : 'FAILED');
  return ok;
}

if (options.keep) process.env.TIDINGS_KEEP = '1';
if (options.help) { console.log(usage); process.exit(0); }
let chosen, faults, notPlayable;
try {
  if (options.faults === 'list') { console.log(choose().map(({ name }) => name).join('\n')); process.exit(0); }
  chosen = choose(options.faults);
  [faults, notPlayable] = playable(chosen, path.join(binaries, 'workers/worker/tidings-worker'), secure);
  if (faults.length === 0) throw new Error(`nothing that can be played here\n  ${notPlayable.join('\n  ')}`);
} catch (error) {
  console.error(`chaos: ${error.message}`);
  process.exit(2);
}
if (options.plan) {
  const steps = schedule(seed, chosen);
  for (let n = 1; n <= Number(options.steps ?? 20); ++n) { const step = steps.next().value; console.log(`${n}: ${nameOf(step)}, ${step.faults.map(({ holdMs }) => holdMs).join(' and ')} ms`); }
  process.exit(0);
}
async function clear() {
  if (!own) return;
  await stack('clean', '--dir', place.stack);
  await unmountDisk(place.disk);
  await unmountWalDisk(place.walDisk);
}
// Goes only as far as nothing else is in there: --dir may be somebody's.
function tidy() {
  for (const each of [place.disk, place.walDisk, dir]) {
    try { fs.rmdirSync(each); } catch (error) { if (!['ENOENT', 'ENOTEMPTY'].includes(error.code)) throw error; }
  }
}
let ok = false;
await clear(); // what an earlier run left
try {
  ok = report(await main(faults, notPlayable));
} finally {
  if (!options.keep) { await clear(); tidy(); }
}
process.exit(ok ? 0 : 1);
