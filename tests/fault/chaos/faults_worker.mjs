// Faults of the workers' own processes.
import fs from 'node:fs';
import { output } from '../lib/run.mjs';
import { onOneWorker } from './acts.mjs';

const readable = (file) => { try { return fs.readFileSync(file, 'utf8'); } catch { return ''; } };

const kill = onOneWorker(async (slot) => {
  await slot.kill();
  return () => slot.start();
});

const drain = onOneWorker((slot) => slot.replace());

// Whoever has taken the place meanwhile is left alone.
const freeze = onOneWorker(async (slot) => {
  const { child } = slot;
  child.kill('SIGSTOP');
  return async () => { child.kill('SIGCONT'); };
});

const reload = onOneWorker(async (slot) => {
  slot.configure(16);
  slot.signal('SIGHUP');
  return async () => { slot.configure(); slot.signal('SIGHUP'); };
});

const reloadBroken = onOneWorker(async (slot) => {
  fs.writeFileSync(slot.world.config, 'amqp: [this is no configuration');
  slot.signal('SIGHUP');
  return async () => { slot.configure(); slot.signal('SIGHUP'); };
});

const limit = (pid, ...args) => output('prlimit', ['--pid', String(pid), ...args]).catch(() => {}); // or it ended meanwhile

// It can open nothing new, and has to: its connections to the providers are gone.
const noDescriptors = onOneWorker(async (slot) => {
  const { pid } = slot;
  const soft = readable(`/proc/${pid}/limits`).match(/Max open files\s+(\d+)/)?.[1] ?? '1024';
  const used = Math.max(...fs.readdirSync(`/proc/${pid}/fd`).map(Number)) + 1;
  await limit(pid, `--nofile=${used}:`);
  for (const proxy of [...slot.proxies.http, ...slot.proxies.smtp]) proxy.reset();
  return () => limit(pid, `--nofile=${soft}:`);
});

// Its address space may not grow; what it needs beyond that kills it, as the kernel would in a full container.
const noMemory = onOneWorker(async (slot) => {
  const { pid } = slot;
  const pages = Number(readable(`/proc/${pid}/statm`).split(' ')[0]);
  await limit(pid, `--as=${pages * 4096}:`);
  return () => limit(pid, '--as=unlimited:');
});

export const libfaketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
// Of the one worker whose clock can be bent.
const stepClock = (hours) => async ({ slots: [slot] }) => {
  fs.writeFileSync(slot.clockFile, `${hours > 0 ? '+' : ''}${hours}h\n`);
  return { workers: 1, heal: async () => fs.writeFileSync(slot.clockFile, '+0\n') };
};

export const workerFaults = [
  { name: 'worker killed', hold: [0, 2_000], inject: kill },
  { name: 'worker drained and replaced', hold: [0, 500], inject: drain },
  { name: 'worker frozen', hold: [2_000, 14_000], inject: freeze },
  { name: 'worker reloaded', hold: [500, 2_000], inject: reload },
  { name: 'worker reloaded, broken file', hold: [500, 2_000], inject: reloadBroken },
  { name: 'worker without descriptors', hold: [2_000, 5_000], inject: noDescriptors },
  { name: 'worker without memory', hold: [3_000, 6_000], inject: noMemory, lethal: true, needs: 'plainBuild' },
  { name: 'worker clock +1 h', hold: [2_000, 5_000], inject: stepClock(1), needs: 'faketime' },
  { name: 'worker clock -1 h', hold: [2_000, 5_000], inject: stepClock(-1), needs: 'faketime' },
];
