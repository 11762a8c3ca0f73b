// Everything a chaos run plays with: the servers, the sandbox, the workers with a proxy of their own to each server.
import fs from 'node:fs';
import path from 'node:path';
import { addUsers, closeWorld, configText, makeWorld, prefetch, retryPrefetch, startWorker } from '../lib/fixture.mjs';
import { binaries, end, output } from '../lib/run.mjs';
import { amqpUrl, pgUrl, sql } from '../lib/stack.mjs';
import { startProxy } from './proxy.mjs';
import { caps, everybody, loner, types } from './load.mjs';

export const inFlight = prefetch + retryPrefetch;  // of one worker, at most
const fcm = (concurrency) => `concurrency: ${concurrency}, timeout: 3s`;

export async function makeArena({ workers, record, disk, bendClock }) {
  const world = await makeWorld({ types, caps, fcm: fcm(64), sandboxArgs: ['--record', record, '--keep', '0'] });
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

function through(proxies) {
  const via = (url, { port }) => { const at = new URL(url); at.hostname = '127.0.0.1'; at.port = port; return at.href; };
  return {
    amqp: via(amqpUrl(), proxies.amqp), pg: via(pgUrl(), proxies.pg), heartbeat: '5s',
    http: `http://127.0.0.1:${proxies.http.port}`, smtp: proxies.smtp.port,
  };
}

async function makeSlot(arena, index) {
  const { ports } = arena.sandbox.info;
  const at = (url, port) => ({ host: new URL(url).hostname, port: Number(new URL(url).port || port) });
  const proxies = {
    amqp: await startProxy(at(amqpUrl(), 5672)), pg: await startProxy(at(pgUrl(), 5432)),
    http: await startProxy({ host: '127.0.0.1', port: ports.http }), smtp: await startProxy({ host: '127.0.0.1', port: ports.smtp }),
  };
  return new Slot(arena, index, proxies);
}

// A place in the pool, filled again when its worker ends, as a supervisor would.
class Slot {
  constructor(arena, index, proxies) {
    Object.assign(this, { arena, index, proxies, all: Object.values(proxies), env: {} });
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

// [{key, state, reason, created, updated}]
export async function readJournal({ tag }) {
  const rows = await sql(`select notification_id || ' ' || recipient, state, coalesce(reason, ''), extract(epoch from created_at) * 1000, extract(epoch from updated_at) * 1000
    from tidings.deliveries where notification_id like '${tag}-%'`);
  return rows.map(([key, state, reason, created, updated]) => ({ key, state, reason, created: Number(created), updated: Number(updated) }));
}

// [{key, reason}]; a broken message has no recipient, one that fans out has several.
export async function readDeadLetters({ config, tag }) {
  const lines = (await output(path.join(binaries, 'workers/tidings/tidings'), ['dlq', 'export', '--config', config])).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).flatMap(({ body, properties }) => {
    const { id, recipient = '', recipients = [recipient] } = JSON.parse(body);
    const reason = properties.headers?.['x-tidings-reason'] ?? 'delivery_limit';
    return id.startsWith(`${tag}-`) ? recipients.map((each) => ({ key: `${id} ${each}`, reason })) : [];
  });
}

// Of what a provider saw: the address tells the recipient.
export async function addressBook({ tag }) {
  const rows = await sql(`select address, recipient from tidings.addresses where recipient like '${tag}-%'`);
  return new Map(rows);
}
