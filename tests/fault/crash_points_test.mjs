// A worker killed at each point of a message's path, for every kind of outcome, and a normal one that finishes what is left: each
// delivery ends in exactly one final state, none is lost, and only where nobody can know is one sent twice, or left as uncertain.
//
// TIDINGS_CRASH_EVERY=3 takes the first kill at each point and every third of the others, beginning with the one that
// TIDINGS_CRASH_OFFSET says (the day of the year); TIDINGS_CRASH_ONLY=dead all of one outcome.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { letters, put } from '../e2e/lib/broker.mjs';
import { choose, dayOfYear, pointOf } from './lib/crash_choice.mjs';
import { casesOf, expected, outcomes, passings, peopleOf, stop } from './lib/crash_outcomes.mjs';
import { ended, inParallel, mark, pointsIn, pointsInSources, programs, startCrashing } from './lib/crash.mjs';
import { closeWorld, makeWorld, message, publish, startWorker } from './lib/fixture.mjs';
import { end, output, project, until } from './lib/run.mjs';
import { queueDepths, sql } from './lib/stack.mjs';

const atOnce = 4;
const patientAtOnce = 10; // those that wait most of the time

const queue = (world, c) => `notifications.${world.type(c.key)}`;
const idOf = (world, c) => `${world.tag}-${c.key}`;
const isReplay = (c) => c.outcome.replay !== undefined;

function name(cases) {
  cases.forEach((c, number) => Object.assign(c, { number, key: `${c.outcome.name}-${c.at.replace(':', '-')}` }));
  return cases;
}

// The same configuration, but for how FCM is asked.
function overHttp2({ config, dir, sandbox: { info } }) {
  const overHttp1 = `service_account_file: "${info.fcm.serviceAccountFile}", base_url: "${info.http}"`;
  const [before, after] = fs.readFileSync(config, 'utf8').split(overHttp1);
  const file = path.join(dir, 'http2.yaml');
  fs.writeFileSync(file, `${before}service_account_file: "${info.fcm.serviceAccountTlsFile}", base_url: "${info.https}", ca_file: "${info.caFile}"${after}`);
  return file;
}

async function worldFor(cases) {
  const cap = (name, settings) => {
    const types = cases.filter((c) => c.outcome.cap === name).map((c) => c.key);
    return types.length > 0 && { [name]: { types, ...settings } };
  };
  const world = await makeWorld({
    types: Object.fromEntries(cases.map((c) => [c.key, c.outcome.type ?? {}])),
    caps: { counted: { types: ['*'], limit: 9 }, ...cap('full', { limit: 2 }), ...cap('later', { limit: 1, onExceed: 'defer' }) },
    fcm: 'concurrency: 1, timeout: 3s', // so that a second request is begun later, and is out when the grace period ends
    relays: ['smtp', 'second'],
    timeout: '3s',
    extra: 'shutdown_timeout: 3s',
  });
  world.http2 = overHttp2(world);
  for (const c of cases) c.user = world.user(c.key);
  return world;
}

// People, their choices and what the provider does to them.
async function furnish(world, cases) {
  const people = cases.flatMap(peopleOf).map((row) => `('${row.join("','")}')`);
  const rows = cases.filter(({ outcome }) => outcome.rows && !outcome.late).map((c) => c.outcome.rows(c));
  await sql(`insert into tidings.addresses (recipient, channel, address) values ${people.join(',')}; ${rows.join('')}`);
  for (const c of cases.filter(({ outcome }) => outcome.fault)) {
    for (const { match, ...fault } of [c.outcome.fault].flat()) await world.sandbox.fault({ match: { id: `^${idOf(world, c)}$`, ...match }, ...fault });
  }
}

const messageOf = (world, c) => message(world, c.key, c.key, { type: world.type(c.key), ...c.outcome.body?.(c) });

async function send(world, cases) {
  await publish(world, cases.filter(({ outcome }) => !outcome.bytes && !outcome.late).map((c) => messageOf(world, c)));
  for (const c of cases.filter(({ outcome }) => outcome.bytes)) await put(queue(world, c), c.outcome.bytes);
}

const options = (world, c) => ['--config', c.outcome.http2 ? world.http2 : world.config, '--types', world.type(c.key)];
const typesOf = (world, cases) => ['--types', cases.map((c) => world.type(c.key)).join(',')];
const replay = (world, c, at) => startCrashing('tidings', at, ['dlq', 'replay', '--config', world.config, '--type', world.type(c.key)]);
const accepted = async (world, c) => (await world.sandbox.count(`&id=${idOf(world, c)}`)).count;

// What is to be replayed has died before; of what is to come twice, one was sent.
async function sendBefore(world, cases) {
  const dying = cases.filter(isReplay), twice = cases.filter(({ outcome }) => outcome.twice);
  if (dying.length + twice.length === 0) return;
  const worker = await startWorker(world, 'before', typesOf(world, [...dying, ...twice]));
  for (const c of dying) await until(`the dead letter of ${c.key}`, async () => (await letters(`${queue(world, c)}.dead`)).length === 1);
  await until('the first copies to be sent', async () => [...(await outcomesOf(world, twice)).values()].every(({ states }) => states.sent === 1));
  await end(worker);
  await send(world, twice);
  await inParallel(atOnce, dying.filter(({ outcome }) => outcome.replay === 'worker'), async (c) => assert.equal(await ended(replay(world, c, '')), 'exit 0'));
}

async function sendNow(world, c) {
  if (c.outcome.rows) await sql(c.outcome.rows(c));
  await put(queue(world, c), JSON.stringify(messageOf(world, c)));
}

// To its death, or, tracing, until the message is done with; then it is told to stop, so that the path of a stop is traced, too.
async function run(world, c) {
  const { outcome } = c;
  for (const at of outcome.first ?? []) {
    const dying = worker(world, { ...c, at });
    assert.equal(await ended(dying), 'SIGKILL', `${c.key} dies first at ${at}\n${dying.tail.join('\n')}`);
  }
  const child = outcome.replay === 'tidings' ? replay(world, c, c.at) : worker(world, c);
  if (outcome.late) await child.begun.then(() => sendNow(world, c));
  if (outcome.stop) await until(`${c.key} at the provider`, async () => await accepted(world, c) > 0);
  if (outcome.repeats && c.at === 'trace') await until(`${c.key} to end`, async () => isDeepStrictEqual((await outcomesOf(world, [c])).get(c).states, outcome.states));
  if (outcome.stop || (outcome.repeats && c.at === 'trace')) child.kill();
  c.how = await ended(child);
  c.passed = child.passed;
}

function worker(world, c) {
  const acks = c.outcome.acks ?? passings(c.outcome).filter((at) => at.startsWith('acked')).length;
  const child = startCrashing('worker', c.at, ['--name', c.key, ...options(world, c)], (passed) => {
    if (!c.outcome.stop && !c.outcome.repeats && passed.at(-1) === 'acked' && passed.filter((point) => point === 'acked').length === acks) child.kill();
  });
  world.workers.push(child);
  return child;
}

async function finish(world, cases) {
  await inParallel(atOnce, cases.filter(({ outcome }) => outcome.replay === 'tidings'), async (c) => assert.equal(await ended(replay(world, c, '')), 'exit 0'));
  const byHttp2 = cases.filter(({ outcome }) => outcome.http2), others = cases.filter(({ outcome }) => !outcome.http2);
  if (others.length > 0) await startWorker(world, 'finishing', typesOf(world, others));
  if (byHttp2.length > 0) await startWorker({ ...world, config: world.http2 }, 'finishing-by-http2', typesOf(world, byHttp2));
  const done = async () => {
    const now = await outcomesOf(world, cases);
    return cases.every((c) => isDeepStrictEqual(now.get(c).states, expected(c).states)) && now;
  };
  await until('every delivery to end', done, 120_000, 500).catch(() => {}); // what did not is told below
  await until('the queues to be empty', async () => {
    const depths = await queueDepths(`notifications.${world.tag}`);
    return [...depths].every(([name, depth]) => name.endsWith('.dead') || depth === 0);
  }, 120_000, 500);
  for (const [c, now] of await outcomesOf(world, cases)) c.now = now;
  for (const c of cases) c.letters = (await letters(`${queue(world, c)}.dead`)).length;
  for (const c of byHttp2) c.protocols = (await world.sandbox.requests(`&id=${idOf(world, c)}`)).map(({ protocol }) => protocol);
}

// What has become of each case's deliveries, the slots they hold, and how often each address was written to.
async function outcomesOf(world, cases) {
  const rows = await sql(`select notification_id, address, state || coalesce('/' || reason, ''),
      1 + (select count(*) from unnest(events) e where e.state = 'sending'),
      provider, (select string_agg(e.reason, ' ') from unnest(events) e)
    from tidings.log where notification_id like '${world.tag}-%'`);
  const slots = new Map(await sql(`select recipient, sum(cardinality(slots)) from tidings.cap_windows where recipient like '${world.tag}-%' group by 1`));
  const { by: written = {} } = await world.sandbox.count('&by=address');
  return new Map(cases.map((c) => {
    const mine = rows.filter(([id]) => id === idOf(world, c));
    const states = {};
    for (const [, , state] of mine) states[state] = (states[state] ?? 0) + 1;
    const people = peopleOf(c);
    return [c, {
      states,
      providers: mine.map((row) => row[4]),
      reasons: mine.map((row) => row[5]).join(' '),
      slots: [...new Set(people.map(([recipient]) => recipient))].reduce((sum, recipient) => sum + Number(slots.get(recipient) ?? 0), 0),
      accepted: people.map(([, , address]) => ({ times: written[address] ?? 0, sendings: Number(mine.find((row) => row[1] === address)?.[3] ?? 0) })),
    }];
  }));
}

function check(c) {
  const should = expected(c);
  assert.deepEqual(c.now.states, should.states);
  assert.equal(c.now.slots, should.slots, 'slots of caps');
  assert.equal(c.letters, should.letters, 'dead letters');
  const times = c.now.accepted.map((one) => one.times);
  // Which of several was on its way at the crash is not known, but each that was sent again had been taken over.
  if (c.outcome.unordered) assert.ok(c.now.accepted.every((one) => one.times >= 1 && one.times <= one.sendings), JSON.stringify(c.now.accepted));
  else assert.deepEqual(times, [should.accepted], 'how often it was accepted');
  for (const protocol of c.protocols ?? []) assert.equal(protocol, '2.0');
}

function checkPath({ outcome, passed, now }) {
  const steady = (names) => names.filter((name) => name !== outcome.unsteady);
  const should = steady([...outcome.passes.split(' '), ...(outcome.replay === 'tidings' || outcome.stop ? [] : stop.split(' '))]);
  if (outcome.overlapping) assert.deepEqual(steady(passed).sort(), should.sort());
  else if (outcome.unordered || outcome.repeats) assert.deepEqual([...new Set(steady(passed))].sort(), [...new Set(should)].sort());
  else assert.deepEqual(steady(passed), should);
  if (outcome.provider) assert.deepEqual(now.providers, [outcome.provider]);
  if (outcome.reason) assert.ok(now.reasons.split(' ').includes(outcome.reason), now.reasons);
}

test('a release holds no crash points, and can be given none', { timeout: 60_000 }, async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const refused = output('cmake', ['-S', project, '--preset', 'release', '-B', dir, '-DTIDINGS_CRASH_POINTS=ON'], { cwd: project });
  await assert.rejects(refused, /TIDINGS_CRASH_POINTS is for tests: found CMAKE_BUILD_TYPE RelWithDebInfo,\s+expected Debug/);
  const source = path.join(dir, 'point.cpp');
  const object = path.join(dir, 'point.o');
  fs.writeFileSync(source, '#include "base/crash_point.h"\nvoid pass() { TIDINGS_CRASH_POINT("nowhere"); }\n');
  const compile = (...more) => output('clang++-16', ['-std=c++20', '-O0', '-I', path.join(project, 'common'), ...more, '-c', source, '-o', object]);
  await compile('-DTIDINGS_CRASH_POINTS');
  assert.deepEqual([...pointsIn(object)], ['nowhere']);
  await compile();
  assert.ok(!fs.readFileSync(object, 'latin1').includes('nowhere'));
  for (const program of ['worker/tidings-worker', 'tidings/tidings'].map((name) => path.join(project, 'build/release/workers', name))) {
    if (fs.existsSync(program)) assert.ok(!fs.readFileSync(program).includes(mark), program);
  }
});

test('whatever the day, each point has its kill, and in so many days all have', () => {
  const all = outcomes.flatMap(casesOf), kills = all.filter(({ at }) => at !== 'trace');
  for (const every of [1, 2, 6, 20]) {
    const days = Array.from({ length: every }, (_, day) => choose(all, every, 360 + day));
    for (const chosen of days) assert.deepEqual(new Set(chosen.map(pointOf)), new Set(all.map(pointOf)));
    assert.deepEqual(new Set(days.flat()), new Set(all));
    const points = new Set(kills.map(pointOf)).size;
    for (const chosen of days) assert.ok(chosen.filter(({ at }) => at !== 'trace').length <= points + Math.ceil((kills.length - points) / every));
  }
});

test('a crash at any point of the path', { timeout: 1_200_000 }, async (t) => {
  const { TIDINGS_CRASH_ONLY: only, TIDINGS_CRASH_EVERY: every = 1, TIDINGS_CRASH_OFFSET: offset = dayOfYear() } = process.env;
  const all = name(outcomes.flatMap(casesOf));
  const cases = only ? all.filter(({ outcome }) => outcome.name === only) : choose(all, Number(every), Number(offset));
  t.diagnostic(`TIDINGS_CRASH_EVERY=${every} TIDINGS_CRASH_OFFSET=${offset}: ${cases.length} of ${all.length} cases`);
  let last = Date.now();
  const lap = (what) => { t.diagnostic(`${what} after ${((Date.now() - last) / 1000).toFixed(1)} s`); last = Date.now(); };
  const world = await worldFor(cases);
  t.after(() => closeWorld(world));
  await furnish(world, cases);
  await send(world, cases);
  await sendBefore(world, cases);
  lap('laid out');
  const [patient, others] = [true, false].map((waits) => cases.filter(({ outcome }) => Boolean(outcome.patient) === waits));
  await Promise.all([inParallel(patientAtOnce, patient, (c) => run(world, c)), inParallel(atOnce, others, (c) => run(world, c))]);
  lap('killed');
  await finish(world, cases);
  lap('finished');

  await t.test('every point of the sources is in the programs, and was a death', { skip: only && 'one outcome' }, () => {
    const visited = new Set(cases.filter(({ how }) => how === 'SIGKILL').map(pointOf));
    const held = new Set([...pointsIn(programs.worker), ...pointsIn(programs.tidings)]);
    assert.deepEqual([...held].sort(), [...pointsInSources()].sort());
    assert.deepEqual([...held].filter((point) => !visited.has(point)), []);
  });
  for (const c of cases) {
    await t.test(c.at === 'trace' ? `${c.outcome.name}: the points that are listed` : `${c.outcome.name}, killed at ${c.at}`, () => {
      if (c.at === 'trace') {
        assert.equal(c.how, 'exit 0');
        checkPath(c);
      } else {
        assert.equal(c.how, 'SIGKILL', 'it dies there');
      }
      check(c);
    });
  }
});
