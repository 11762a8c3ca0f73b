// Looking after the database, at a worker's start and beside its work.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { pgUrl } from '../fault/lib/stack.mjs';
import { makeDatabase } from './lib/privileges.mjs';
import { edit, logged, tidings } from './lib/world.mjs';

// In a database of its own, with the shipped roles: `query(sql)` as the worker.
async function worldApart(t) {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  const database = await makeDatabase(world.tag);
  t.after(() => database.remove());
  edit(world.config, pgUrl(), database.owner);
  const { code, err } = await tidings(world, 'setup');
  assert.equal(code, 0, err);
  edit(world.config, database.owner, database.worker);
  return { world, database, query: async (sql) => (await database.query(database.worker, sql)).trim() };
}

// Holds what the statement locks until it is told to let go.
async function hold(t, url, statement) {
  const holder = spawn('psql', ['-X', '-q', '-A', '-t', '-d', url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  const letGo = async () => { holder.stdin.end(); await ended; };
  t.after(letGo);
  holder.stdin.write(`begin; ${statement};\n\\echo held\n`);
  for await (const line of createInterface(holder.stdout)) if (line === 'held') break;
  return letGo;
}

const waiting = (purpose) => `from pg_stat_activity where application_name = 'tidings ${purpose}' and datname = current_database() and wait_event_type = 'Lock'`;

test('a worker whose first look after the partitions fails tries again', { timeout: 120_000 }, async (t) => {
  const { world, database, query } = await worldApart(t);
  const letGo = await hold(t, database.owner, 'select pg_advisory_xact_lock(1953063017, -1)');
  const starting = startWorker(world);
  starting.catch(() => {});
  await until('maintenance to be cancelled', async () => await query(`select count(pg_cancel_backend(pid)) ${waiting('housekeeping')}`) === '1');
  await logged(world, 'w0', 'waiting_for_database');
  await letGo();
  await starting;
});

test('a topic is read while maintenance stands still', { timeout: 120_000 }, async (t) => {
  const { world, database, query } = await worldApart(t);
  await hold(t, database.owner, 'lock table tidings.cap_windows in access exclusive mode');
  await startWorker(world);
  await until('maintenance to wait', async () => await query(`select count(*) ${waiting('maintenance')}`) === '1');
  await query(`with s as (select '${world.tag}-s' || n as id from generate_series(1, 3) n),
    a as (insert into tidings.addresses (recipient, channel, address) select id, 'push', 'token-' || id from s)
    insert into tidings.subscriptions (topic, recipient) select '${world.tag}', id from s`);
  await publish(world, [message(world, 0, '', { recipient: undefined, topic: world.tag })]);
  await until('all to be sent', async () => await query(`select count(*) from tidings.deliveries where state = 'sent'`) === '3');
});
