// A worker never falls over from success: a deep queue, a provider that gives no answer at all, a database
// that takes two seconds for each commit. Memory stays bounded, nothing is lost, and the full rate is back
// within five seconds.
//
//   TIDINGS_OVERLOAD_MESSAGES   how deep the queue is; a large one is not worked off, only accounted for
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { addUsers, closeWorld, makeWorld, message, publish, settled, startWorker } from './lib/fixture.mjs';
import { binaries, end, until } from './lib/run.mjs';
import { queueDepths, sql } from './lib/stack.mjs';

const total = Number(process.env.TIDINGS_OVERLOAD_MESSAGES ?? Math.max(12_000, 2 * Number(process.env.TIDINGS_FAULT_MESSAGES ?? 0)));
const workedOff = 50_000; // up to here all of it
const chunk = 100_000;
const requestTimeoutMs = 1_000;
const troubleMs = 6_000, recoveryMs = 5_000;
const sanitized = binaries.endsWith('dev');
const mostMiB = sanitized ? 600 : 96;

let world, worker;

before(async () => {
  // So that a small queue lasts: the provider's time, not the machine's, gives the rate.
  const concurrency = total <= workedOff ? 32 : 256;
  world = await makeWorld({ types: { note: { attempts: 10, base: '200ms', max: '1s' } }, fcm: `concurrency: ${concurrency}, timeout: ${requestTimeoutMs}ms` });
  const users = Array.from({ length: 1000 }, (_, i) => `u${i}`);
  await addUsers(world, users);
  for (let from = 0; from < total; from += chunk) {
    await publish(world, Array.from({ length: Math.min(chunk, total - from) }, (_, i) => message(world, from + i, users[i % users.length])));
  }
  if (total <= workedOff) await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 100 });
  worker = await startWorker(world);
});
after(() => world && closeWorld(world));

const accepted = async () => (await world.sandbox.count()).ids;
const rssMiB = (what) => Number(fs.readFileSync(`/proc/${worker.pid}/status`, 'utf8').match(new RegExp(`${what}:\\s+(\\d+)`))[1]) / 1024;

// New notifications a second at the provider, over this long.
async function rate(ms) {
  const from = await accepted(), begin = performance.now();
  await setTimeout(ms);
  return (await accepted() - from) / ((performance.now() - begin) / 1000);
}

async function survives(t, begin, finish) {
  const full = await rate(3_000);
  const sentBefore = await accepted();
  await begin();
  await setTimeout(troubleMs);
  await finish();
  const over = performance.now();
  const meanwhile = (await accepted() - sentBefore) / troubleMs * 1000;
  assert.ok(meanwhile < full / 2, `${meanwhile.toFixed(0)} a second in the trouble`);
  let seen;
  await until('the full rate', async () => { seen = await rate(500); return seen >= 0.8 * full; }, 60_000, 0);
  const took = performance.now() - over;
  t.diagnostic(`${full.toFixed(0)} a second before, ${meanwhile.toFixed(0)} in the trouble, ${seen.toFixed(0)} again after ${took.toFixed(0)} ms; memory at most ${rssMiB('VmHWM').toFixed(0)} MiB`);
  assert.ok(took <= recoveryMs, `recovered after ${took.toFixed(0)} ms`);
  assert.ok(rssMiB('VmHWM') <= mostMiB, `${rssMiB('VmHWM').toFixed(0)} MiB`);
}

test('a provider that gives no answer at all', { timeout: 180_000 }, (t) =>
  survives(t, () => world.sandbox.child.kill('SIGSTOP'), () => world.sandbox.child.kill('SIGCONT')));

// At the commit and once for each, of the statements that touch this test's rows.
test('a database that takes two seconds for each commit', { timeout: 180_000 }, async (t) => {
  const slow = `${world.tag}_slow`;
  await sql(`create table public.${slow} (seconds int); insert into public.${slow} values (0);
    create function public.${slow}() returns trigger language plpgsql as $$
    begin
      if current_setting('overload.slept', true) is distinct from pg_current_xact_id()::text then
        perform set_config('overload.slept', pg_current_xact_id()::text, true);
        perform pg_sleep(seconds) from public.${slow};
      end if;
      return null;
    end $$`);
  const partitions = (await sql(`select inhrelid::regclass from pg_inherits where inhparent = 'tidings.log'::regclass`)).flat();
  const drop = () => sql(partitions.map((p) => `drop trigger if exists ${slow} on ${p};`).join('') + `drop function public.${slow}; drop table public.${slow}`);
  t.after(drop);
  for (const partition of partitions) {
    await sql(`create constraint trigger ${slow} after insert or update on ${partition} deferrable initially deferred
      for each row when (new.notification_id like '${world.tag}-%') execute function public.${slow}()`);
  }
  await survives(t, () => sql(`update public.${slow} set seconds = 2`), () => sql(`update public.${slow} set seconds = 0`));
});

// In its queues and on the delay ladder, which must be nobody else's then.
async function queued() {
  const depths = [...await queueDepths('')].filter(([name]) => (name.includes(world.tag) && !name.endsWith('.dead')) || name.startsWith('tidings.delay.'));
  return depths.reduce((n, [, depth]) => n + depth, 0);
}

test('nothing is lost', { timeout: 600_000 }, async (t) => {
  if (total <= workedOff) await settled(world, total, 300_000);
  await end(worker);
  const ended = Number((await sql(`select count(distinct notification_id) from tidings.deliveries
    where notification_id like '${world.tag}-%' and state not in ('sending', 'retrying', 'deferred')`))[0][0]);
  const sent = Number((await sql(`select count(*) from tidings.deliveries where notification_id like '${world.tag}-%' and state = 'sent'`))[0][0]);
  let left = 0;
  // RabbitMQ counts a quorum queue anew each five seconds.
  if (total > workedOff) await until("the broker's count", async () => (left = await queued()) + ended === total, 30_000, 500).catch(() => {});
  t.diagnostic(`${sent} sent, ${ended} ended, ${left} still queued, of ${total}`);
  assert.equal(ended + left, total);
  assert.equal(sent, ended);
});
