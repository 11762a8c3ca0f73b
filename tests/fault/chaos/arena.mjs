// Everything a chaos run plays with: the servers, the sandbox, the workers with a proxy of their own to each server.
import fs from 'node:fs';
import path from 'node:path';
import { addUsers, closeWorld, configText, makeWorld, prefetch, retryPrefetch, startWorker } from '../lib/fixture.mjs';
import { end } from '../lib/run.mjs';
import { amqpUrls, pgUrl, sql } from '../lib/stack.mjs';
import { startProxy } from './proxy.mjs';
import { caps, everybody, loner, types } from './load.mjs';

export const inFlight = prefetch + retryPrefetch;  // of one worker, at most
const fcm = (concurrency) => `concurrency: ${concurrency}, timeout: 3s`;

export async function makeArena({ workers, disk, bendClock }) {
  const world = await makeWorld({ types, caps, fcm: fcm(64), sandboxArgs: ['--keep', '0'] });
  const arena = { world, sandbox: world.sandbox, disk, slots: [], crashes: [], active: new Set() };
  try {
    await disk?.adopt();
    await addUsers(world, everybody, { email: true, sms: true });
    await sql(`insert into tidings.preferences(recipient, channel, enabled) values ('${world.user(loner)}', '*', false)`);
    for (let i = 0; i < workers; ++i) arena.slots.push(await makeSlot(arena, i));
    if (bendClock) arena.slots[0].bendClock(bendClock);
    await Promise.all(arena.slots.map((slot) => slot.start()));
    return arena;
  } catch (error) {
    await closeArena(arena);
    throw error;
  }
}

export async function closeArena({ world, slots }) {
  for (const slot of slots) { slot.expectEnd(); for (const proxy of slot.all) await proxy.close(); }
  await closeWorld(world);
}

// The servers' URLs by way of the proxies. Of RabbitMQ there may be several nodes.
function through({ amqp, pg: [pg], http: [http], smtp: [smtp] }) {
  const via = (url, { port }) => { const at = new URL(url); at.hostname = '127.0.0.1'; at.port = port; return at.href; };
  return { amqp: amqpUrls().map((url, i) => via(url, amqp[i])), pg: via(pgUrl(), pg), http: `http://127.0.0.1:${http.port}`, smtp: smtp.port, heartbeat: '5s' };
}

async function makeSlot(arena, index) {
  const { ports } = arena.sandbox.info;
  const to = (url) => startProxy({ host: new URL(url).hostname, port: Number(new URL(url).port) });
  const proxies = {
    amqp: await Promise.all(amqpUrls().map(to)), pg: [await to(pgUrl())],
    http: [await startProxy({ host: '127.0.0.1', port: ports.http })], smtp: [await startProxy({ host: '127.0.0.1', port: ports.smtp })],
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
    this.configure();
  }

  configure(concurrency = 64) {
    fs.writeFileSync(this.world.config, configText(this.world, { types, caps, fcm: fcm(concurrency), through: through(this.proxies) }));
  }

  // From its next start on, its wall clock is what `clockFile` says.
  bendClock(library) {
    fs.writeFileSync(this.clockFile, '+0\n');
    this.env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: this.clockFile, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }

  // While a server is away a worker may give up at its start: then again.
  async start() {
    this.wanted = true;
    const begun = Date.now();
    for (;;) {
      try {
        this.child = await startWorker(this.world, `chaos-${this.index}`, [], this.env);
        this.watch(this.child);
        return;
      } catch (error) {
        if (!this.wanted) return;
        if (Date.now() - begun > 120_000) throw error;
      }
    }
  }

  async watch(child) {
    const { code, signal } = await child.ended;
    if (this.child !== child || !this.wanted) return;
    const lethal = [...this.arena.active].some((fault) => fault.lethal);
    if (!lethal) this.arena.crashes.push({ worker: this.index, code, signal, during: [...this.arena.active].map((f) => f.name), tail: child.tail.slice(-30) });
    await this.start();
  }

  // What ends now was meant to end.
  expectEnd() { this.wanted = false; }
  get pid() { return this.child.pid; }
  signal(name) { process.kill(this.child.pid, name); }

  async kill() {
    this.expectEnd();
    await end(this.child, 'SIGKILL');
  }

  // Another takes its place at once; resolves with a promise of the old one's end.
  async replace() {
    const old = this.child;
    this.expectEnd();
    old.kill('SIGTERM');
    await this.start();
    return old.ended;
  }
}
