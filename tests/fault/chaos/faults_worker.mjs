// Faults of the workers' own processes.
import fs from 'node:fs';
import { output } from '../lib/run.mjs';
import { onOneMortal, onOneWorker } from './acts.mjs';
import { ended, logSays, notReady, readable, standsStill, stopped } from './proofs.mjs';
import { playRules } from './rules.mjs';

const kill = onOneMortal(async (slot) => {
  await slot.kill();
  const { child } = slot;
  return { heal: () => slot.start(), proof: () => child.signalCode === 'SIGKILL' };
});

const drain = onOneMortal(async (slot) => {
  await slot.starting;
  const old = slot.child;
  return { heal: await slot.replace(), proof: async () => ended(old) || notReady([old], 'draining') };
});

// Whoever has taken the place meanwhile is left alone.
const freeze = onOneWorker(async ({ child }) => {
  child.kill('SIGSTOP');
  return { heal: async () => { child.kill('SIGCONT'); }, proof: () => stopped([child.pid]) };
});

const loggedBy = (slot, event) => logSays([slot], (line) => line.includes(`"event":"${event}"`));
const reload = onOneWorker(async (slot) => {
  const proof = loggedBy(slot, 'reloaded');
  slot.configure(16);
  slot.signal('SIGHUP');
  return { heal: async () => { slot.configure(); slot.signal('SIGHUP'); }, proof };
});

const reloadBroken = onOneWorker(async (slot) => {
  const proof = loggedBy(slot, 'reload_failed');
  fs.writeFileSync(slot.world.config, 'amqp: [this is no configuration');
  slot.signal('SIGHUP');
  return { heal: async () => { slot.configure(); slot.signal('SIGHUP'); }, proof };
});

// It may end meanwhile.
async function limit(pid, ...args) {
  try {
    await output('prlimit', ['--pid', String(pid), ...args]);
  } catch (error) {
    if (fs.existsSync(`/proc/${pid}`)) throw error;
  }
}

// It can open nothing new, and has to: its connections to the providers are gone. A limit at the number that comes next would
// leave it those numbers.
const noDescriptors = onOneWorker(async (slot) => {
  const { pid } = slot, ways = [...slot.proxies.http, ...slot.proxies.smtp];
  const soft = readable(`/proc/${pid}/limits`).match(/Max open files\s+(\d+)/)?.[1] ?? '1024';
  await limit(pid, '--nofile=3:');
  for (const proxy of ways) proxy.reset();
  const opened = standsStill(() => ways.reduce((n, { taken }) => n + taken, 0));
  return { heal: () => limit(pid, `--nofile=${soft}:`), proof: () => opened() && ways.every(({ pairs }) => pairs.size === 0) };
});

// Its address space may not grow; what it needs beyond that kills it, as the kernel would in a full container. It needs more and
// more, because what it once had and gave back is still its own:
// large messages come, and wait for late answers.
const noMemory = onOneMortal(async (slot, { sandbox, producer, world }) => {
  const { child } = slot;
  const pages = Number(readable(`/proc/${child.pid}/statm`).split(' ')[0]);
  await limit(child.pid, `--as=${pages * 4096}:`);
  const { heal } = await playRules(sandbox, [{ delayMs: 1_500 }]);
  const begun = producer.messages;
  let fed = 0;
  const feed = () => producer.add(Array.from({ length: 64 }, (_, i) => largeMessage(world, `large-${begun}-${fed++}`, `u${i}`)));
  feed();
  const feeding = setInterval(() => { if (!ended(child)) feed(); }, 1_000);
  return { heal: async () => { clearInterval(feeding); await heal(); await limit(child.pid, '--as=unlimited:'); }, proof: () => ended(child) };
});

// In a field that nobody reads: a provider would find it too large.
function largeMessage(world, name, user) {
  const id = `${world.tag}-${name}`, type = world.type('again'), recipient = world.user(user);
  const body = JSON.stringify({ id, type, recipient, title: 'New comment', message: 'Somebody wrote to you', filler: 'x'.repeat(200_000) });
  return { id, queue: `notifications.${type}`, body, times: 1, deliveries: [{ key: `${id} ${recipient}`, expect: 'sent', resend: true }] };
}

export const libfaketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
// Of the one worker whose clock can be bent. Its log tells the time that it believes in.
const stepClock = (hours) => async ({ slots: [slot] }) => {
  const proof = logSays([slot], (line) => Math.abs(Date.parse(line.match(/"time":"([^"]+)"/)?.[1]) - Date.now() - hours * 3_600_000) < 60_000);
  fs.writeFileSync(slot.clockFile, `${hours > 0 ? '+' : ''}${hours}h\n`);
  return { workers: 1, heal: async () => fs.writeFileSync(slot.clockFile, '+0\n'), proof };
};

export const workerFaults = [
  { name: 'worker killed', hold: [0, 2_000], inject: kill },
  { name: 'worker drained and replaced', hold: [0, 500], certain: true, inject: drain },
  { name: 'worker frozen', hold: [2_000, 14_000], inject: freeze },
  { name: 'worker reloaded', hold: [500, 2_000], certain: true, inject: reload },
  { name: 'worker reloaded, broken file', hold: [500, 2_000], certain: true, inject: reloadBroken },
  { name: 'worker without descriptors', hold: [2_000, 5_000], inject: noDescriptors },
  { name: 'worker without memory', hold: [3_000, 6_000], inject: noMemory, lethal: true, needs: 'plainBuild' },
  { name: 'worker clock +1 h', hold: [2_000, 5_000], certain: true, inject: stepClock(1), needs: 'faketime' },
  { name: 'worker clock -1 h', hold: [2_000, 5_000], certain: true, inject: stepClock(-1), needs: 'faketime' },
];
