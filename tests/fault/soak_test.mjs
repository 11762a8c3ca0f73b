// The judge of growth, judged with made-up readings.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { once } from 'node:events';
import { startProxy } from './chaos/proxy.mjs';
import { heldByWorker, judgeSoak, soakOf } from './chaos/soak.mjs';
import { until } from './lib/run.mjs';

const MiB = 2 ** 20;
const reading = (more = {}) => ({ worker: 0, pid: 7, ageMs: 0, bytes: 30 * MiB, descriptors: 40, connections: 9, inFlight: 3, unacknowledged: 3, ...more });
// Twelve readings in three minutes; `at(i)` says what is special about the ith.
const life = (at = () => ({}), more = {}) => Array.from({ length: 12 }, (_, i) => reading({ ageMs: i * 15_000, ...more, ...at(i) }));
const rest = reading({ inFlight: 0, unacknowledged: 0 });
const judged = (readings, more = {}) => judgeSoak({ readings, left: [rest], ...more });
const leaks = (...args) => judged(...args).leaks;

test('a worker that stays as it is', () => {
  const { ok, workers } = judged(life());
  assert.ok(ok);
  assert.deepEqual(workers.map(({ pid, readings, early, late }) => [pid, readings, early, late]), [[7, 12, workers[0].early, workers[0].early]]);
});

test('memory that grows with every reading is a leak, warming up and a single burst are none', () => {
  assert.match(leaks(life((i) => ({ bytes: (30 + 4 * i) * MiB })))[0], /38\.0 MiB became 70\.0/);
  assert.deepEqual(leaks(life((i) => ({ bytes: (i === 0 ? 10 : 30) * MiB }))), []);
  assert.deepEqual(leaks(life((i) => ({ bytes: (i === 11 ? 200 : 30) * MiB }))), []);
});

test('of a large worker three tenths are allowed, of a small one 16 MiB', () => {
  const grown = (from, to) => leaks(life((i) => ({ bytes: (i < 6 ? from : to) * MiB }))).length;
  assert.deepEqual([grown(100, 130), grown(100, 131), grown(20, 36), grown(20, 37)], [0, 1, 0, 1]);
});

test('with the sanitizers memory says nothing, descriptors still do', () => {
  const grows = life((i) => ({ bytes: (30 + 40 * i) * MiB, descriptors: 40 + 10 * i }));
  const found = leaks(grows, { judgeMemory: false });
  assert.equal(found.length, 1);
  assert.match(found[0], /60 descriptors became 140/);
});

test('a few descriptors more are none, and kept connections to providers never are', () => {
  assert.deepEqual(leaks(life((i) => ({ descriptors: i < 6 ? 40 : 60, connections: 10 * i }))), []);
});

test('who lived too short or was hardly read is not judged', () => {
  const grows = (i) => ({ bytes: (30 + 20 * i) * MiB });
  assert.deepEqual(judged(life(grows, {}).map((one) => ({ ...one, ageMs: one.ageMs / 2 }))).workers, []);
  assert.deepEqual(judged(life(grows).slice(7)).workers, []);
});

test('each process has a life of its own, also in the same place', () => {
  const { ok, workers } = judged([...life(), ...life(() => ({}), { pid: 8, bytes: 90 * MiB })]);
  assert.ok(ok);
  assert.deepEqual(workers.map(({ pid }) => pid), [7, 8]);
});

test('anything under way when everything had an end, and a worker that says nothing then', () => {
  assert.match(leaks([], { left: [{ ...rest, inFlight: 1 }] })[0], /1 jobs in flight/);
  assert.match(leaks([], { left: [{ ...rest, unacknowledged: 2 }] })[0], /2 messages unacknowledged/);
  assert.match(leaks([], { left: [], silent: 1 })[0], /1 workers could not be read/);
});

test('the report tells the drift of the oldest and every leak', () => {
  const text = soakOf(judged(life((i) => ({ descriptors: 40 + 10 * i }))));
  assert.match(text, /1 workers lived two minutes or longer, the oldest 2\.8 minutes: 30\.0 → 30\.0 MiB, 60 → 140 descriptors and 9 → 9 connections to providers, 3 → 3 in flight/);
  assert.match(text, /\n  leak: worker 0 \(pid 7\): 60 descriptors became 140/);
});

test('a connection that its worker has closed is not counted, though the stand-in keeps its end', async (t) => {
  const kept = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => { socket.on('error', () => {}).resume(); kept.push(socket); }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startProxy({ host: '127.0.0.1', port: server.address().port });
  t.after(async () => { await proxy.close(); server.close(); });
  const client = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
  const counts = () => [proxy.pairs.size, [...proxy.pairs].filter(heldByWorker).length].join();
  await until('the connection', () => kept.length === 1 && counts() === '1,1', 10_000, 5);
  client.end();
  await until('it to be known as closed', () => counts() === '1,0', 10_000, 5);
});

// Of forty minutes, memory as `at` of each reading says.
const longLife = (at) => life((i) => ({ ageMs: i * 4 * 60_000, bytes: at(i) * MiB }));
test('who lives for half an hour may hardly grow after its first third', () => {
  assert.deepEqual(leaks(longLife((i) => (i < 4 ? 10 : 25))), [], 'warming up');
  assert.deepEqual(leaks(longLife((i) => (i < 8 ? 30 : 33))), []);
  assert.match(leaks(longLife((i) => (i < 8 ? 30 : 34)))[0], /still grows, 30\.0 MiB became 34\.0/);
  assert.deepEqual(leaks(longLife((i) => (i < 8 ? 30 : 34)), { judgeMemory: false }), []);
  assert.deepEqual(leaks(life((i) => ({ bytes: (i < 8 ? 30 : 34) * MiB }))), [], 'a short life');
});

test('a long run in which nobody lived long enough proves nothing, a short one says so', () => {
  const short = life().slice(7);
  assert.match(judged(short, { runMs: 600_000 }).leaks[0], /growth not judged/);
  assert.ok(judged(short, { runMs: 599_000 }).ok);
  assert.match(soakOf(judged(short)), /growth not judged/);
  assert.ok(judged(life(), { runMs: 600_000 }).ok);
  assert.doesNotMatch(soakOf(judged(life())), /growth not judged/);
});
