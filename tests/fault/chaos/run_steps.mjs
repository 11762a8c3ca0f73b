// Plays the steps of a schedule and measures how soon the pool is back at its rate after each.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../lib/run.mjs';
import { inFlight } from './arena.mjs';
import { areReady } from './proofs.mjs';
import { nameOf } from './schedule.mjs';

const recoveryCapMs = 120_000, readyWithinMs = 15_000;
const proofEveryMs = 100, patienceMs = { alone: 10_000, besides: 1_000 };

export async function playStep(arena, arrivals, step, faults, number, tell) {
  await sleep(step.quietMs);
  const { producer } = arena;
  const before = Math.min(await steady(arrivals, producer.perSecond), producer.perSecond);
  await allReady(arena.slots);
  await arena.soak.read(arena.slots);
  const published = producer.expected.length;
  const played = { number, name: nameOf(step), faults: step.faults.map(({ name }) => name), from: Date.now(), workers: 0, uncertain: 0, proven: 0, notDone: [] };
  await Promise.all(step.faults.map((planned) => playFault(arena, faults.get(planned.name), planned, played, number)));
  played.to = Date.now();
  played.recoveryMs = await recovered(arrivals, producer, played.to, before);
  played.messages = producer.expected.length - published;
  played.inFlight = played.workers * inFlight;
  const held = ((played.to - played.from) / 1000).toFixed(1);
  const unseen = played.proven < played.faults.length ? ', without an effect that was seen' : '';
  tell(`step ${number}: ${played.name}, ${held} s${unseen}; back at ${Math.round(before)}/s after ${inWords(played.recoveryMs)}`);
  return played;
}

// A fault is held until its effect is seen. Alone it must be; another may hide it, and so does the end of the load.
export async function playFault(arena, fault, { holdMs, afterMs, dice }, played, step, patiences = patienceMs) {
  const alone = played.faults.length === 1, patience = alone ? patiences.alone : patiences.besides;
  await sleep(afterMs);
  arena.active.add(fault);
  try {
    const begun = await fault.inject(arena, dice);
    played.workers += begun.workers;
    const seen = isSeen(begun.proof, holdMs + patience);
    await sleep(holdMs);
    const proven = await Promise.race([seen, sleep(patience, false)]);
    await begun.heal();
    played.uncertain += mostUncertain(fault, begun, alone);
    if (proven) ++played.proven;
    else if (alone && !arena.producer.done) throw new Error('it had no effect that could be seen');
  } catch (error) {
    played.workers += arena.slots.length;  // it may have been there by half
    played.uncertain += arena.slots.length * inFlight;
    played.notDone.push({ step, fault: fault.name, why: error.message.split('\n')[0] });
  }
  arena.active.delete(fault);
}

// A question that can't be asked is not answered yet.
const isSeen = (proof, forMs) => until('an effect', () => Promise.resolve().then(proof).catch(() => false), forMs, proofEveryMs).then(() => true, () => false);

// How many deliveries a fault can have put in doubt: those that its rules at the provider met, else what was in flight. What
// leaves no doubt alone may do so beside another (a session that is lost and a message that is delivered again).
function mostUncertain({ certain }, { workers, hits, doubt = 0 }, alone) {
  if (alone && certain) return 0;
  return hits === undefined ? workers * inFlight : hits + doubt * inFlight;
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

// One of them may do for the rate; but what another has not got again yet can't be broken. Who stays away is left alone.
const allReady = (slots) => until('all workers to be ready', () => areReady(slots.map(({ child }) => child)), readyWithinMs, 100).catch(() => {});

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
