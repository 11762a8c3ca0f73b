// What the faults are made of. A fault is {name, hold: [ms, ms], inject}; inject(arena, dice) begins it and gives
// {heal, workers}: what ends it, and how many workers' deliveries it puts in doubt.
import fs from 'node:fs';
import path from 'node:path';
import { until } from '../lib/run.mjs';

export const oneOf = (list, die) => list[Math.floor(die * list.length)];
export const nothing = async () => {};

export const onOneWorker = (act) => async (arena, dice) => ({ workers: 1, heal: await act(oneOf(arena.slots, dice[0]), arena, dice) });
export const onAllWorkers = (act) => async (arena, dice) => ({ workers: arena.slots.length, heal: await act(arena, dice) });

// A setting that is taken back, also when it is not certain that it was made.
export const setting = (make, takeBack) => onAllWorkers(async (arena, dice) => {
  try {
    await make(arena, dice);
  } catch (error) {
    await takeBack(arena);
    throw error;
  }
  return () => takeBack(arena);
});

// A heal may meet a server that another fault has taken away.
export const insist = (what, act) => until(what, () => act().then(() => true, () => false), 120_000, 250);

// Process ids of a server of the stack: itself and all it started.
export function family(name) {
  const root = Number(fs.readFileSync(path.join(process.env.TIDINGS_STACK_DIR, 'run', `${name}.pid`), 'utf8').split(' ')[0]);
  const children = (pid) => {
    try {
      return fs.readdirSync(`/proc/${pid}/task`).flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
    } catch { return []; } // it ended meanwhile
  };
  const all = [root];
  for (const pid of all) all.push(...children(pid));
  return all;
}

export const freezeServer = (name) => onAllWorkers(async () => {
  const pids = family(name);
  const signal = (which) => pids.forEach((pid) => { try { process.kill(pid, which); } catch { /* it ended meanwhile */ } });
  signal('SIGSTOP');
  return async () => signal('SIGCONT');
});
