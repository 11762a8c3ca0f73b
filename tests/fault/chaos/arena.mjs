// Everything a chaos run plays with: the servers, the sandbox, the workers with a proxy of their own to each server.
import fs from 'node:fs';
import path from 'node:path';
import { closeWorld, configText, makeWorld, prefetch, retryPrefetch, startWorker } from '../lib/fixture.mjs';
import { end } from '../lib/run.mjs';
import { amqpUrls, pgUrl } from '../lib/stack.mjs';
import { startProxy } from './proxy.mjs';
import { caps, types } from './load.mjs';
import { addPeople } from './people.mjs';

export const inFlight = prefetch + retryPrefetch;  // of one worker, at most
const fcm = (concurrency) => `concurrency: ${concurrency}, timeout: 3s`;

export async function makeArena({ workers, secure, disk, walDisk, bendClock, tell }) {
  const world = await makeWorld({ types, caps, fcm: fcm(64), secure, sandboxArgs: ['--keep', '0'] });
  const arena = { world, sandbox: world.sandbox, disk, walDisk, tell, slots: [], crashes: [], active: new Set() };
  try {
    await disk?.adopt();
    await addPeople(world);
    for (let i = 0; i < workers; ++i) arena.slots.push(await makeSlot(arena, i));
    await world.sandbox.audiences(...arena.slots.map((slot) => slot.tokenUrl));
    if (bendClock) arena.slots[0].bendClock(bendClock);
    await Promise.all(arena.slots.map((slot) => slot.start()));
    return arena;
  } catch (error) {
    await closeArena(arena);
    throw error;
  }
}

// SIGTERM to all; each has to drain and to end well.
export async function endWorkers({ slots }) {
  await Promise.all(slots.map(async (slot) => {
    while (slot.starting) await slot.starting.catch(() => {});
    slot.expectEnd();
    if (!slot.child) return void slot.crashed({ tail: [] }, null, null, ['the end, when it could not be started again']);
    const { code, signal } = await end(slot.child);
    if (code !== 0) slot.crashed(slot.child, code, signal, ['the end']);
  }));
}

export async function closeArena({ world, slots }) {
  for (const slot of slots) { slot.expectEnd(); for (const proxy of slot.all) await proxy.close(); }
  await closeWorld(world);
}

// The servers' URLs by way of the proxies. Of RabbitMQ there may be several nodes.
function through({ amqp, pg: [pg], http: [http], smtp: [smtp] }, secure) {
  const via = (url, { port }) => { const at = new URL(url); at.hostname = '127.0.0.1'; at.port = port; return at.href; };
  return { amqp: amqpUrls().map((url, i) => via(url, amqp[i])), pg: via(pgUrl(), pg), http: `${secure ? 'https' : 'http'}://127.0.0.1:${http.port}`, smtp: smtp.port, heartbeat: '5s' };
}

async function makeSlot(arena, index) {
  const { ports } = arena.sandbox.info, { secure } = arena.world;
  const toProvider = (port) => startProxy({ host: '127.0.0.1', port });
  const to = (url) => startProxy({ host: new URL(url).hostname, port: Number(new URL(url).port) });
  const proxies = {
    amqp: await Promise.all(amqpUrls().map(to)), pg: [await to(pgUrl())],
    http: [await toProvider(secure ? ports.tls : ports.http)], smtp: [await toProvider(secure ? ports.smtps : ports.smtp)],
  };
  return new Slot(arena, index, proxies);
}

// A place in the pool, filled again when its worker ends, as a supervisor would.
class Slot {
  constructor(arena, index, proxies) {
    Object.assign(this, { arena, index, proxies, all: Object.values(proxies).flat(), env: {} });
    const { world } = arena;
    this.world = { ...world, config: path.join(world.dir, `worker-${index}.yaml`) };
    this.clockFile = path.join(world.dir, `clock-${index}`);
    this.through = { ...through(proxies, world.secure), account: path.join(world.dir, `account-${index}.json`) };
    this.tokenUrl = `${this.through.http}/token`;
    const account = JSON.parse(fs.readFileSync(arena.sandbox.info.fcm.serviceAccountFile, 'utf8'));
    fs.writeFileSync(this.through.account, JSON.stringify({ ...account, token_uri: this.tokenUrl }), { mode: 0o600 });
    this.configure();
  }

  configure(concurrency = 64) {
    fs.writeFileSync(this.world.config, configText(this.world, { types, caps, fcm: fcm(concurrency), through: this.through }));
  }

  // From its next start on, its wall clock is what `clockFile` says.
  bendClock(library) {
    fs.writeFileSync(this.clockFile, '+0\n');
    this.env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: this.clockFile, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }

  // One worker, however many ask for it.
  start() {
    this.wanted = true;
    if (this.child?.exitCode === null && this.child.signalCode === null) return this.starting;
    this.starting ??= this.fill().finally(() => { this.starting = undefined; });
    return this.starting;
  }

  // While a server is away a worker may give up at its start: then again.
  async fill() {
    this.child = undefined;
    const begun = Date.now();
    while (this.wanted && !this.child) {
      try {
        this.child = await startWorker(this.world, `chaos-${this.index}`, [], this.env);
      } catch (error) {
        if (error.signal && !this.mayDie) this.crashed({ tail: [] }, null, error.signal, ['its start']);
        if (Date.now() - begun > 120_000) throw error;
      }
    }
    if (!this.child) return;
    this.child.since = performance.now();
    this.watch(this.child);
  }

  async watch(child) {
    const { code, signal } = await child.ended;
    if (this.child !== child || !this.wanted) return;
    if (!this.mayDie) this.crashed(child, code, signal, [...this.arena.active].map(({ name }) => name));
    await this.start().catch((error) => this.arena.tell(`worker ${this.index} was not started again: ${error.message.split('\n')[0]}`));
  }

  crashed({ tail }, code, signal, during) {
    const telling = tail.filter((line) => !/"event":"(sent|skipped|retrying)"/.test(line)).slice(-12);
    this.arena.crashes.push({ worker: this.index, code, signal, during, tail: telling });
    this.arena.tell(`worker ${this.index} ended by ${signal ?? `exit code ${code}`} during ${during.join(' and ') || 'no fault'}`);
  }

  get mayDie() { return [...this.arena.active].some((fault) => fault.lethal); }

  // What ends now was meant to end.
  expectEnd() { this.wanted = false; }
  get pid() { return this.child.pid; }
  signal(name) { process.kill(this.child.pid, name); }

  async kill() {
    await this.starting;
    this.expectEnd();
    await end(this.child, 'SIGKILL');
  }

  // Another takes its place at once; gives what ends the wait for the old one.
  async replace() {
    await this.starting;
    const old = this.child;
    this.child = undefined;
    old.kill('SIGTERM');
    await this.start();
    return async () => {
      const { code, signal } = await old.ended;
      if (code !== 0) this.crashed(old, code, signal, ['drained']);
    };
  }
}
