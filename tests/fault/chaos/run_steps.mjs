// Plays the steps of a schedule and measures how soon the pool is back at its rate after each.
import { setTimeout as sleep } from 'node:timers/promises';
import { inFlight } from './arena.mjs';
import { nameOf } from './schedule.mjs';

const recoveryCapMs = 120_000;

export async function playStep(arena, arrivals, step, faults, number, tell) {
  await sleep(step.quietMs);
  const { producer } = arena;
  const before = Math.min(await steady(arrivals, producer.perSecond), producer.perSecond);
  await arena.soak.read(arena.slots);
  const published = producer.expected.length;
  const played = { number, name: nameOf(step), faults: step.faults.map(({ name }) => name), from: Date.now(), workers: 0, notDone: [] };
  await Promise.all(step.faults.map((planned) => playFault(arena, faults.get(planned.name), planned, played, number)));
  played.to = Date.now();
  played.recoveryMs = await recovered(arrivals, producer, played.to, before);
  played.messages = producer.expected.length - published;
  played.inFlight = played.workers * inFlight;
  const held = ((played.to - played.from) / 1000).toFixed(1);
  tell(`step ${number}: ${played.name}, ${held} s; back at ${Math.round(before)}/s after ${inWords(played.recoveryMs)}`);
  return played;
}

async function playFault(arena, fault, { holdMs, afterMs, dice }, played, step) {
  await sleep(afterMs);
  arena.active.add(fault);
  try {
    const { heal, workers } = await fault.inject(arena, dice);
    played.workers += workers;
    await sleep(holdMs);
    await heal();
  } catch (error) {
    played.workers += arena.slots.length;  // it may have been there by half
    played.notDone.push({ step, fault: fault.name, why: error.message.split('\n')[0] });
  }
  arena.active.delete(fault);
}

// The rate of the last two seconds, once it is about what is published; whatever it is after a minute.
async function steady(arrivals, wanted) {
  for (const begun = Date.now(); ;) {
    arrivals.read();
    const now = Date.now(), rate = arrivals.perSecond(now - 2_000, now);
    if (rate >= 0.9 * wanted || now - begun > 60_000) return rate;
    await sleep(100);
  }
}

function inWords(ms) {
  if (ms === undefined) return 'nobody knows how long: all was published';
  return ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}

// ms; null: not within two minutes; undefined: where no more is published, no rate comes back.
async function recovered(arrivals, producer, healed, before) {
  for (;;) {
    arrivals.read();
    const ms = arrivals.recovery(healed, before);
    if (ms !== null || Date.now() - healed > recoveryCapMs) return ms;
    if (producer.done) return undefined;
    await sleep(100);
  }
}
