// Which of all cases a run takes: every path is traced, and a worker is killed at each point at least once, at its first place in the
// list. Of the other kills it is every so many, beginning with another one each day, so that all have their turn.
export const pointOf = ({ at }) => at.split(':')[0];

export const dayOfYear = (now = new Date()) => Math.floor((now - Date.UTC(now.getUTCFullYear(), 0, 0)) / 86_400_000);

export function choose(cases, every, offset) {
  const seen = new Set(['trace']);
  let turn = offset;
  return cases.filter((c) => {
    if (c.at === 'trace') return true;
    const isFirst = !seen.has(pointOf(c));
    seen.add(pointOf(c));
    return isFirst || turn++ % every === 0;
  });
}
