// The parts of the chaos runs that need no servers: the schedule, the proxy, and the measure of recovery.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { mortal } from './chaos/acts.mjs';
import { inFlight } from './chaos/arena.mjs';
import { allFaults, choose } from './chaos/faults.mjs';
import { providerFaults } from './chaos/faults_provider.mjs';
import { makeLoad } from './chaos/load.mjs';
import { Pauses, withPauses } from './chaos/pauses.mjs';
import { startProxy } from './chaos/proxy.mjs';
import { Arrivals } from './chaos/rate.mjs';
import { areReady, logSays, metricGrows, notReady, refused, standsStill, stopped } from './chaos/proofs.mjs';
import { control, playRules, refuses } from './chaos/rules.mjs';
import { playFault } from './chaos/run_steps.mjs';
import { playableOf, schedule } from './chaos/schedule.mjs';
import { end, start, until } from './lib/run.mjs';
import { startSandbox } from './lib/sandbox.mjs';
import { lateOf, perMillion, rowsOf, tableOf } from './chaos/report.mjs';
import { clocksOf } from './chaos/waiting.mjs';

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

test('of a step it is known which clock is wrong', () => {
  const wrong = allFaults.map(({ name }) => ({ name, ...clocksOf([name]) })).filter(({ fast, slow }) => fast || slow);
  assert.deepEqual(wrong, [{ name: 'worker clock +1 h', fast: 3_600_000, slow: 0 }, { name: 'worker clock -1 h', fast: 0, slow: 3_600_000 }]);
  assert.deepEqual(clocksOf(['worker clock -1 h', 'worker killed', 'worker clock +1 h']), { fast: 3_600_000, slow: 3_600_000 });
});

test('what cannot be played here is left out of the schedule, and changes nothing else in it', () => {
  const here = new Set(['a', 'b']);
  const step = (...names) => ({ quietMs: 1, faults: names.map((name) => ({ name })) });
  assert.deepEqual(playableOf(step('a', 'b'), here), { step: step('a', 'b'), leftOut: [] });
  assert.deepEqual(playableOf(step('c', 'b'), here), { step: step('b'), leftOut: ['c'] });
  assert.deepEqual(playableOf(step('c'), here), { step: step(), leftOut: ['c'] });
});

test('of three workers or more one is never killed', () => {
  assert.deepEqual(mortal([0, 1, 2]), [0, 1]);
  assert.deepEqual(mortal([0, 1]), [0, 1]);
});

test('the same seed gives the same messages', () => {
  const world = { tag: 't', type: (name) => name, user: (name) => name };
  const load = (seed) => { const make = makeLoad(world, seed, () => 0); return Array.from({ length: 500 }, (_, n) => make(n)); };
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

test('the proxy counts what it does, and nothing while it does nothing', async (t) => {
  const { proxy, connect, echoes } = await echoBehindProxy(t);
  const client = await connect();
  await echoes(client, 'calm');
  assert.deepEqual([proxy.taken, proxy.acted], [1, 0]);
  proxy.delay(1);
  await echoes(client, 'late');
  assert.equal(proxy.acted, 2, 'there and back');
  proxy.heal();
  await echoes(client, 'calm again');
  proxy.hush();
  client.socket.write('held');
  await until('the piece to be held', () => proxy.acted === 3, 10_000, 5);
  proxy.heal();
  proxy.reset();
  assert.equal(proxy.acted, 4);
});

// One fault among `names`, which are played at once.
async function played(fault, names = ['x'], producer = { done: false }) {
  const arena = { active: new Set(), slots: [1, 2], producer };
  const step = { faults: names, workers: 0, uncertain: 0, proven: 0, notDone: [] };
  const planned = { holdMs: 0, afterMs: 0, dice: [0, 0, 0] };
  let healed = false;
  const inject = async () => { const begun = { heal: async () => { healed = true; }, workers: 1, proof: () => true, ...await fault.inject?.() }; return begun; };
  await playFault(arena, { name: 'x', ...fault, inject }, planned, step, 1, { alone: 300, besides: 10 });
  assert.equal(arena.active.size, 0);
  return { ...step, healed };
}

test('a fault whose effect nobody sees was not played; beside another it may be hidden', async () => {
  const blind = { inject: () => ({ proof: () => false }) };
  const alone = await played(blind);
  assert.deepEqual([alone.proven, alone.healed, alone.notDone[0].fault], [0, true, 'x']);
  assert.match(alone.notDone[0].why, /no effect/);
  const besides = await played(blind, ['x', 'y']);
  assert.deepEqual([besides.proven, besides.healed, besides.notDone], [0, true, []]);
  const afterAll = await played(blind, ['x'], { done: true });
  assert.deepEqual([afterAll.proven, afterAll.healed, afterAll.notDone], [0, true, []]);
});

test('a proof is asked again until it can be given', async () => {
  let asked = 0;
  const { proven, notDone } = await played({ inject: () => ({ proof: async () => { if (++asked < 3) throw new Error('not yet'); return true; } }) });
  assert.deepEqual([proven, notDone, asked], [1, [], 3]);
});

test('how much a fault can have put in doubt', async () => {
  const doubt = async (...args) => (await played(...args)).uncertain;
  assert.equal(await doubt({}), inFlight);
  assert.equal(await doubt({ certain: true }), 0);
  assert.equal(await doubt({ certain: true }, ['x', 'y']), inFlight, 'beside another');
  assert.equal(await doubt({ inject: () => ({ hits: 7 }) }), 7);
  assert.equal(await doubt({ inject: () => ({ hits: 7, doubt: 1 }) }), 7 + inFlight);
  assert.equal(await doubt({ certain: true, inject: () => { throw new Error('it broke'); } }), 2 * inFlight, 'may be there by half');
});

test('a stopped process, a port where nobody listens and a counter that stands still are seen', async (t) => {
  const child = start('sleep', ['60']);
  t.after(() => child.kill('SIGKILL'));
  assert.equal(stopped([child.pid]), false);
  child.kill('SIGSTOP');
  await until('it to be stopped', () => stopped([child.pid]), 5_000, 5);
  assert.equal(stopped([]), false);
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  assert.equal(await refused(url), false);
  server.close();
  await once(server, 'close');
  assert.equal(await refused(url), true);
  let n = 0;
  const still = standsStill(() => n);
  assert.equal(still(), false);
  const begun = Date.now();
  await until('it to stand still', still, 5_000, 20);
  assert.ok(Date.now() - begun >= 900);
  ++n;
  assert.equal(still(), false);
});

test('what a worker logged before the fault proves nothing, nor half a line', (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const file = path.join(dir, 'chaos-3.log');
  fs.writeFileSync(file, 'reloaded\n');
  const says = logSays([{ index: 3, world: { dir } }], (line) => line === 'reloaded');
  assert.equal(says(), false);
  fs.appendFileSync(file, 'sent\nrelo');
  assert.equal(says(), false);
  fs.appendFileSync(file, 'aded\n');
  assert.equal(says(), true);
});

test('a worker is ready when it says so, and not for the reason that it says', async (t) => {
  let says = 'ready\n';
  const server = http.createServer((req, res) => res.end(says)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.close(); server.closeAllConnections(); });
  const worker = { http: `http://127.0.0.1:${server.address().port}` };
  assert.deepEqual([await areReady([worker]), await areReady([worker, undefined]), await notReady([worker], 'broker')], [true, false, false]);
  says = 'broker: not consuming\n';
  assert.deepEqual([await areReady([worker]), await notReady([worker, undefined], 'broker'), await notReady([worker], 'database')], [false, true, false]);
});

test('a metric that grows is seen, one that was large before or is another one is not', async (t) => {
  let n = 7;
  const server = http.createServer((req, res) => res.end(`a{c="0",b="1"} ${n}\na{c="0",b="2"} ${9 * n}\n`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.close(); server.closeAllConnections(); });
  const children = [{ http: `http://127.0.0.1:${server.address().port}` }, { http: 'http://127.0.0.1:1' }];
  const [grows, other] = ['b="1"', 'b="3"'].map((label) => metricGrows(children, 'a', [label, 'c="0"']));
  assert.deepEqual([await grows(), await other(), await grows()], [false, false, false]);
  ++n;
  assert.deepEqual([await grows(), await other()], [true, false]);
});

test('the sandbox plays every fault of the providers, counts whom it met, and takes all of them back', async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-'));
  const sandbox = await startSandbox(dir);
  t.after(async () => { await end(sandbox.child); fs.rmSync(dir, { recursive: true }); });
  const there = async () => (await control(sandbox, 'GET', '/faults')).faults.length;
  const arena = { sandbox, slots: [{ child: {}, proxies: { smtp: [] } }] };
  for (const { name, inject } of providerFaults.filter((fault) => !fault.name.includes('addresses'))) {
    const { heal, proof } = await inject(arena, [0, 0, 0]);
    assert.equal(typeof proof, 'function', name);
    await heal();
    assert.equal(await there(), 0, name);
  }
  const ask = () => fetch(`${sandbox.info.http}/v1/projects/tidings-sandbox/messages:send`, { method: 'POST', body: '{}' }).catch(() => {});
  const [rule, unmet] = [await playRules(sandbox, [{ reset: 'before' }]), await playRules(sandbox, [{ match: { provider: 'smtp' }, reset: 'after' }])];
  const says = refuses(sandbox, 'fcm', 401);
  assert.equal(await rule.proof(), false);
  await ask();
  assert.deepEqual([await rule.proof(), await unmet.proof(), await says()], [true, false, false]);
  await Promise.all([rule.heal(), unmet.heal()]);
  await ask();
  assert.deepEqual([rule.hits, unmet.hits, await says()], [1, 0, true]);
  await assert.rejects(playRules(sandbox, [{ resets: 'before' }]), /resets/);
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

test('the table tells how many were proven: of two at once, both', () => {
  const none = { lost: 0, duplicated: 0, uncertain: 4 };
  const step = (proven, ...faults) => ({ name: faults.join(' + '), faults, proven, messages: 5, recoveryMs: 0 });
  const rows = rowsOf([step(1, 'a'), step(0, 'a'), step(1, 'a', 'b'), step(2, 'a', 'b')], [none, none, none, none]);
  assert.deepEqual(rows.map(({ fault, injected, proven, uncertain }) => [fault, injected, proven, uncertain]), [['a', 2, 1, 8], ['two at once', 2, 1, 8]]);
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
  const played = [{ name: 'a', faults: ['a'], from: 0, to: 100, inFlight: 0, uncertain: 0 }, { name: 'b', faults: ['b'], from: 500, to: 600, inFlight: 7, uncertain: 0 }];
  const steps = withPauses(played, [{ from: 50, to: 200 }], 30);
  assert.deepEqual(steps.map(({ name, inFlight, faults }) => [name, inFlight, faults.length]), [['a', 30, 1], ['harness stood still', 30, 0], ['b', 7, 1]]);
  assert.deepEqual(steps.map(({ uncertain }) => uncertain), [30, 30, 0]);
  const none = { lost: 0, duplicated: 0, uncertain: 0 };
  assert.match(tableOf(rowsOf(steps.slice(1, 2), [none])), /harness stood still \| +1 \| +- \| +0 \| +0 \| +0 \| +0 \| +- \| +- \|/);
});
