// Deliveries whose type skips what is uncertain, and so were skipped: which step explains each, and where there are more than
// the faults of the step can have made so. Pure.
//
//   entries  [{row: {created, updated}, sends: [...]}]
//   steps    [{from, to, uncertain, inFlight}] in order; `uncertain`: how many deliveries its faults can have put in doubt
//            (not said: what was in flight)
const bound = ({ uncertain, inFlight }) => uncertain ?? inFlight;

export function explainUncertain(entries, steps) {
  const perStep = steps.map(() => ({ accepted: 0, never: 0 }));
  const total = { accepted: 0, never: 0 };
  for (const { row, sends } of entries) {
    const kind = sends.length > 0 ? 'accepted' : 'never';
    ++total[kind];
    const step = explanation(row, steps, perStep);
    if (step >= 0) ++perStep[step][kind];
  }
  const over = perStep.flatMap((counts, i) => (sum(counts) > bound(steps[i]) ? [{ step: i, uncertain: sum(counts), bound: bound(steps[i]) }] : []));
  return { ...total, perStep, over };
}

// The last step that was there between its first claim and its end and has room for one more; else the last one; -1 if none was
// there.
function explanation({ created, updated }, steps, perStep) {
  const there = steps.flatMap(({ from, to }, i) => (from <= updated && to >= created ? [i] : []));
  return there.findLast((i) => sum(perStep[i]) < bound(steps[i])) ?? there.at(-1) ?? -1;
}
const sum = ({ accepted, never }) => accepted + never;
