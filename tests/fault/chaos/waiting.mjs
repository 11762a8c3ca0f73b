// Judges what had to wait: for its time (`due` in ms since 1970, from `sendAt`), or for room under a cap. Pure.
//
// `sendAt` is compared with the worker's own clock: `fast` and `slow` of a step say by how many ms one was ahead or behind.
const patienceMs = 300_000;  // a throttled provider is left alone for a minute, perhaps again and again

const hour = 3_600_000;
export const clocksOf = (faults) => ({ fast: faults.includes('worker clock +1 h') ? hour : 0, slow: faults.includes('worker clock -1 h') ? hour : 0 });

// libfaketime looks at its file again when more than a whole second has passed since the second in which it last did.
const lingersMs = 2_000;
// By how much a clock was wrong in that way, at most, at any time between the two.
const wrongBy = (which, steps, begin, end) => Math.max(0, ...steps.map(({ from, to, [which]: ms = 0 }) => (from <= end && to + lingersMs >= begin ? ms : 0)));

// Why it was sent at a wrong time; null if it was not.
export function wrongTime({ due, at, sends: [first], row }, steps) {
  if (due === undefined || !first) return null;
  const early = due - first.at, begun = row?.created ?? at;
  if (early > wrongBy('fast', steps, begun, first.at)) return `sent ${Math.round(early)} ms before its time`;
  const late = first.at - Math.max(due, at);
  return late > patienceMs + wrongBy('slow', steps, begun, first.at) ? `sent ${Math.round(late / 1000)} s after its time` : null;
}

// Put off by a worker whose clock was slow, until later than the run lasted: no loss, if its message waits in the broker.
export function putOff({ due, row }, steps) {
  if (due === undefined || row?.state !== 'deferred') return false;
  const late = row.next - due, slow = wrongBy('slow', steps, row.created, row.updated);
  return late > patienceMs && late <= slow + patienceMs;
}

// Why a cap with a window was broken. What counts is when each slot was taken: that is the last claim before the provider
// accepted it, because each attempt takes the slot anew. `claims`: [{at, again}] of a delivery in order; `again`: its owner
// had died and may have sent it, so that it is not held back.
export function overfull({ keys, limit, windowMs }, book, claims) {
  const slots = [], wrong = [];
  for (const key of keys) {
    const last = book.get(key)?.sends.at(-1);
    if (!last) continue;
    const slot = claims.get(key)?.findLast(({ at }) => at <= last.at);
    if (slot) slots.push({ key, ...slot });
    else wrong.push({ key, why: 'accepted before it was claimed' });
  }
  slots.sort((a, b) => a.at - b.at);
  slots.forEach(({ key, at, again }, i) => {
    if (again || i < limit || at - slots[i - limit].at >= windowMs) return;
    wrong.push({ key, why: `${limit + 1} were sent within ${Math.round(at - slots[i - limit].at)} ms where the cap allows ${limit} in ${windowMs}` });
  });
  return wrong;
}
