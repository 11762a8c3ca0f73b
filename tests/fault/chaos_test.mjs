// The parts of the chaos runs that need no servers: the schedule, the proxy, and the measure of recovery.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { allFaults, choose } from './chaos/faults.mjs';
import { makeLoad } from './chaos/load.mjs';
import { Pauses, withPauses } from './chaos/pauses.mjs';
import { startProxy } from './chaos/proxy.mjs';
import { Arrivals } from './chaos/rate.mjs';
import { playableOf, schedule } from './chaos/schedule.mjs';
import { until } from './lib/run.mjs';
import { lateOf, perMillion, rowsOf, tableOf } from './chaos/report.mjs';

const first = (n, seed) => { const steps = schedule(seed, allFaults); return Array.from({ length: n }, () => steps.next().value); };

test('the same seed gives the same schedule, another one another', () => {
  assert.deepEqual(first(200, 7), first(200, 7));
  assert.notDeepEqual(first(200, 7), first(200, 8));
});

test('every fault comes once alone before any comes again, and some come in pairs', () => {
  const steps = first(Math.ceil(allFaults.length * 1.5), 7);
  const alone = steps.filter(({ faults }) => faults.length === 1).map(({ faults: [{ name }] }) => name);
  assert.deepEqual([...alone.slice(0, allFaults.length)].sort(), allFaults.map(({ name }) => name).sort());
  assert.ok(steps.some(({ faults }) => faults.length === 2));
});

test('what cannot be played here is left out of the schedule, and changes nothing else in it', () => {
  const here = new Set(['a', 'b']);
  const step = (...names) => ({ quietMs: 1, faults: names.map((name) => ({ name })) });
  assert.deepEqual(playableOf(step('a', 'b'), here), { step: step('a', 'b'), leftOut: [] });
  assert.deepEqual(playableOf(step('c', 'b'), here), { step: step('b'), leftOut: ['c'] });
  assert.deepEqual(playableOf(step('c'), here), { step: step(), leftOut: ['c'] });
});

test('the same seed gives the same messages', () => {
  const world = { tag: 't', type: (name) => name, user: (name) => name };
  const load = (seed) => { const make = makeLoad(world, seed); return Array.from({ length: 500 }, (_, n) => { const { id, queue, times, deliveries } = make(n); return { id, queue, times, deliveries }; }); };
  assert.deepEqual(load(1), load(1));
  assert.notDeepEqual(load(1), load(2));
});

test('faults are chosen by the beginning of their names, and an unknown one is an error', () => {
  assert.deepEqual(choose('rabbitmq k, postgresql k').map(({ name }) => name), ['RabbitMQ killed', 'PostgreSQL killed']);
  assert.equal(choose().length, allFaults.length);
  assert.throws(() => choose('flood'), RangeError);
});

// An echo behind a proxy, and a client that collects what comes back.
async function echoBehindProxy(t) {
  const server = net.createServer((socket) => { socket.on('error', () => {}); socket.pipe(socket); }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startProxy({ host: '127.0.0.1', port: server.address().port });
  const clients = [];
  t.after(async () => { clients.forEach((c) => c.destroy()); await proxy.close(); server.close(); });
  const connect = async () => {
    const socket = net.connect(proxy.port, '127.0.0.1');
    clients.push(socket);
    const client = { socket, got: '', end: new Promise((resolve) => { socket.once('error', ({ code }) => resolve(code)); socket.once('end', () => resolve('end')); }) };
    socket.on('data', (chunk) => { client.got += chunk; });
    await Promise.race([once(socket, 'connect'), client.end]);
    return client;
  };
  const echoes = (client, text) => { client.socket.write(text); return until(`'${text}' to come back`, () => client.got.endsWith(text), 10_000, 5); };
  return { proxy, connect, echoes };
}

test('the proxy carries bytes, also many', async (t) => {
  const { connect } = await echoBehindProxy(t);
  const client = await connect();
  const much = 'x'.repeat(8 << 20);
  client.socket.write(much);
  await until('all of it to come back', () => client.got.length === much.length, 20_000, 10);
});

test('cut: connections end and new ones are refused, until it is healed', async (t) => {
  const { proxy, connect, echoes } = await echoBehindProxy(t);
  const client = await connect();
  await echoes(client, 'before');
  await proxy.refuse();
  proxy.cut();
  assert.equal(await client.end, 'end');
  assert.equal(await (await connect()).end, 'ECONNREFUSED');
  await proxy.accept();
  await echoes(await connect(), 'after');
});

test('reset: both sides get a reset', async (t) => {
  const { proxy, connect, echoes } = await echoBehindProxy(t);
  const client = await connect();
  await echoes(client, 'before');
  proxy.reset();
  assert.equal(await client.end, 'ECONNRESET');
});

test('half-open: connections are taken and nothing comes back; healed, nothing is missing', async (t) => {
  const { proxy, connect, echoes } = await echoBehindProxy(t);
  const client = await connect();
  await echoes(client, 'before');
  proxy.hush();
  client.socket.write('during');
  const late = await connect();
  late.socket.write('late');
  await until('the bytes to be held', () => [...proxy.pairs].every(({ forth }) => forth.waiting.length > 0), 10_000, 5);
  assert.equal(client.got, 'before');
  proxy.heal();
  await until('what was held to come', () => client.got === 'beforeduring' && late.got === 'late', 10_000, 5);
});

test('delayed and slow: late, but whole and in order', async (t) => {
  const { proxy, connect, echoes } = await echoBehindProxy(t);
  const client = await connect();
  proxy.delay(50);
  let begun = performance.now();
  await echoes(client, 'delayed');
  assert.ok(performance.now() - begun >= 95, 'there and back');
  proxy.heal();
  proxy.slow(5_000);
  begun = performance.now();
  await echoes(client, `${'y'.repeat(500)}z`);
  assert.ok(performance.now() - begun >= 80, '500 bytes at 5000 a second');
});

test('recovery is when the first good second begins', (t) => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-')), 'accepted.jsonl');
  t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
  const line = (ms) => `${JSON.stringify({ id: 'a', provider: 'fcm', address: 'b', at: ms * 1000, fault: null })}\n`;
  // 100 a second until 10 s, nothing until 13 s, half until 15 s, then all again.
  const times = Array.from({ length: 2000 }, (_, n) => n * 10).filter((ms) => ms < 10_000 || ms >= 15_000 || (ms >= 13_000 && ms % 20 === 0));
  fs.writeFileSync(file, times.map(line).join(''));
  const arrivals = new Arrivals(file);
  t.after(() => arrivals.close());
  arrivals.read();
  assert.equal(arrivals.perSecond(5_000, 10_000), 100);
  assert.equal(arrivals.recovery(11_000, 100, 15_500), null);
  assert.equal(arrivals.recovery(11_000, 100, 20_000), 3_900, 'from there on nine tenths');
  assert.equal(arrivals.recovery(16_000, 100, 20_000), 0);
});

test('a fault during which the last message was published is not one that never heals', () => {
  const step = (recoveryMs) => ({ name: 'slow', faults: ['slow'], messages: 1, recoveryMs });
  const none = { lost: 0, duplicated: 0, uncertain: 0 };
  assert.match(tableOf(rowsOf([step(undefined)], [none])), /\| +- \| +- \|$/);
  assert.match(tableOf(rowsOf([step(undefined), step(1_500)], [none, none])), /\| +1\.5 \| 1\.5 \|$/);
  assert.match(tableOf(rowsOf([step(1_500), step(null)], [none, none])), /\| never \|$/);
});

test('ten seconds until the full rate are the limit, less what the harness stood still', () => {
  const step = (number, recoveryMs) => ({ number, name: `s${number}`, faults: ['a'], to: number * 100_000, recoveryMs });
  assert.deepEqual(lateOf([step(1, 10_000), step(2, 10_100), step(3, null), step(4, undefined)]), [{ step: 2, name: 's2', recoveryMs: 10_100 }]);
  const pause = { name: 'harness stood still', faults: [], from: 205_000, to: 206_000 };
  assert.deepEqual(lateOf([step(2, 11_000), pause]), []);
  assert.equal(lateOf([step(2, 11_100), pause]).length, 1);
});

test('lost and sent twice, of a million', () => {
  assert.deepEqual(perMillion({ deliveries: 200_000, lost: 1, duplicated: 33 }), { lost: 5, sentTwice: 165 });
  assert.deepEqual(perMillion({ deliveries: 1_155_271, lost: 0, duplicated: 4_726 }), { lost: 0, sentTwice: 4090.8 });
  assert.deepEqual(perMillion({ deliveries: 0, lost: 0, duplicated: 0 }), { lost: 0, sentTwice: 0 });
});

test('stand-ins that answer after more than a second stood still, prompt ones did not', async (t) => {
  let asked = 0;
  const server = net.createServer((socket) => { socket.on('error', () => {}).once('data', () => setTimeout(() => socket.destroy(), ++asked === 2 ? 1_300 : 0)); }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pauses = new Pauses(`http://127.0.0.1:${server.address().port}`);
  t.after(() => server.close());
  const watching = pauses.watch();
  await until('the third question', () => asked >= 3, 10_000, 20);
  pauses.end();
  await watching;
  assert.equal(pauses.found.length, 1);
  assert.ok(pauses.found[0].to - pauses.found[0].from >= 1_300);
});

test('a pause is a step that nobody planned, and excuses the step that it touches', () => {
  const played = [{ name: 'a', faults: ['a'], from: 0, to: 100, inFlight: 0 }, { name: 'b', faults: ['b'], from: 500, to: 600, inFlight: 7 }];
  const steps = withPauses(played, [{ from: 50, to: 200 }], 30);
  assert.deepEqual(steps.map(({ name, inFlight, faults }) => [name, inFlight, faults.length]), [['a', 30, 1], ['harness stood still', 30, 0], ['b', 7, 1]]);
  const none = { lost: 0, duplicated: 0, uncertain: 0 };
  assert.match(tableOf(rowsOf(steps.slice(1, 2), [none])), /harness stood still \| +1 \| +0 \| +0 \| +0 \| +0 \| +- \| +- \|/);
});
