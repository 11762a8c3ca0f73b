// Which faults come when. Everything random is drawn here, from the seed alone: how far a run gets depends on the
// machine, what it does up to there does not. It is drawn over all faults that were chosen, also where not all can be played.
import { seeded, shuffled } from './random.mjs';

const quietMs = [1_500, 3_000];

// Endless. Each step is {quietMs, faults: [{name, holdMs, afterMs, dice}]}: after a quiet time its faults begin,
// each `afterMs` later than the step, and end `holdMs` after they began. Every fault comes once alone before any comes
// again, and after every second step comes one with two at once.
export function* schedule(seed, faults) {
  const random = seeded(seed);
  const between = ([from, to]) => Math.round(from + random() * (to - from));
  const one = ({ name, hold }, afterMs) => ({ name, holdMs: between(hold), afterMs, dice: [random(), random(), random()] });
  for (let n = 0, deck = []; ; ++n) {
    if (faults.length > 1 && n % 3 === 2) {
      const [first, second] = shuffled(faults, random);
      yield { quietMs: between(quietMs), faults: [one(first, 0), one(second, between([0, 1_500]))] };
    } else {
      if (deck.length === 0) deck = shuffled(faults, random);
      yield { quietMs: between(quietMs), faults: [one(deck.pop(), 0)] };
    }
  }
}

// What of a step can be played here; `leftOut`: the names of what can't.
export function playableOf(step, names) {
  const faults = step.faults.filter(({ name }) => names.has(name));
  return { step: { ...step, faults }, leftOut: step.faults.filter((fault) => !faults.includes(fault)).map(({ name }) => name) };
}

export const nameOf = (step) => step.faults.map((fault) => fault.name).join(' + ');
