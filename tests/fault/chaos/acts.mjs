// What the faults are made of. A fault is {name, hold: [ms, ms], certain, inject}; inject(arena, dice) begins it and gives
// {heal, proof, workers}: what ends it, whether its effect is seen by now, and how many workers' deliveries may be sent again.
// `certain`: alone, it leaves no doubt about what was sent. Those of providers also give `hits`, once healed: how many requests
// may be in doubt, and `doubt`: the workers whose deliveries are as well.
import fs from 'node:fs';
import path from 'node:path';
import { until } from '../lib/run.mjs';
import { stopped } from './proofs.mjs';

export const oneOf = (list, die) => list[Math.floor(die * list.length)];
export const nothing = async () => {};

export const onOneWorker = (act) => async (arena, dice) => Object.assign(await act(oneOf(arena.slots, dice[0]), arena, dice), { workers: 1 });
export const onAllWorkers = (act) => async (arena, dice) => Object.assign(await act(arena, dice), { workers: arena.slots.length });
// Of three or more the last one is never killed: it lives as long as the run, so that its growth is seen.
export const mortal = (slots) => (slots.length >= 3 ? slots.slice(0, -1) : slots);
export const onOneMortal = (act) => async (arena, dice) => Object.assign(await act(oneOf(mortal(arena.slots), dice[0]), arena, dice), { workers: 1 });

// A setting that is taken back, also when it is not certain that it was made. `prove` sees what was before.
export const setting = (make, takeBack, prove) => onAllWorkers(async (arena, dice) => {
  const proof = prove(arena);
  try {
    await make(arena, dice);
  } catch (error) {
    await takeBack(arena);
    throw error;
  }
  return { heal: () => takeBack(arena), proof };
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

// One that is being killed has no process for a while.
const familyOnceThere = (name) => until(`a process of ${name}`, () => { try { return family(name); } catch { return null; } }, 15_000);
export const freezeServer = (name) => onAllWorkers(async () => {
  const pids = await familyOnceThere(name);
  const signal = (which) => pids.forEach((pid) => { try { process.kill(pid, which); } catch { /* it ended meanwhile */ } });
  signal('SIGSTOP');
  return { heal: async () => signal('SIGCONT'), proof: () => stopped(pids) };
});
