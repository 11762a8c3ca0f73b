// What the counted instructions are held against. A baseline is {madeWith, benchmarks: {name: {instructions}}};
// an entry whose rise was accepted has `accepted`, the count it rose to, and `note`, the reason why.
export const tolerance = 1.1;

export const sameTools = (a, b) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
const limitOf = (entry) => tolerance * (entry.note?.trim() ? entry.accepted ?? entry.instructions : entry.instructions);

// One row a benchmark, with the fault where there is one. Counts of other compilers and libraries say nothing
// of ours, but a benchmark without baseline, or one that is gone, is a fault with any.
export function compare(baseline, { madeWith, counts }) {
  const comparable = sameTools(baseline.madeWith, madeWith);
  const names = [...new Set([...Object.keys(baseline.benchmarks), ...Object.keys(counts)])].sort();
  const rows = names.map((name) => {
    const entry = baseline.benchmarks[name];
    const now = counts[name];
    if (!entry) return { name, now, fault: 'has no baseline' };
    const row = { name, baseline: entry.instructions, now, note: entry.note };
    if (now === undefined) return { ...row, fault: 'was not counted' };
    const ratio = now / entry.instructions;
    if (!comparable) return { ...row, ratio };
    return { ...row, ratio, fault: now > limitOf(entry) ? `rose ${entry.accepted ? 'beyond its note' : 'without a note'}` : undefined };
  });
  return { comparable, rows, faults: rows.filter((row) => row.fault) };
}

// The baseline of these counts. A rise beyond the tolerance needs a reason, and keeps the count it rose from;
// with other tools there is nothing to rise from. `refused`: those that rose and were given no reason; they stay as they were.
export function updated(baseline, { madeWith, counts }, note) {
  const comparable = sameTools(baseline.madeWith, madeWith);
  const refused = [];
  const entryOf = (name, instructions) => {
    const old = baseline.benchmarks[name];
    if (!comparable || !old || instructions <= tolerance * old.instructions) return { instructions };
    if (instructions <= limitOf(old)) return old;
    if (note) return { instructions: old.instructions, accepted: instructions, note };
    refused.push(name);
    return old;
  };
  const benchmarks = Object.fromEntries(Object.entries(counts).sort().map(([name, n]) => [name, entryOf(name, n)]));
  return { baseline: { madeWith, benchmarks }, refused };
}

const number = (value) => (value === undefined ? '–' : value.toLocaleString('en-US'));

export function table(rows) {
  const width = Math.max(...rows.map((row) => row.name.length));
  const line = (name, baseline, now, ratio, remark) => `${name.padEnd(width)} ${baseline.padStart(12)} ${now.padStart(12)} ${ratio.padStart(6)}  ${remark}`.trimEnd();
  return [line('', 'baseline', 'now', 'ratio', ''), ...rows.map((row) => line(row.name, number(row.baseline), number(row.now),
    row.ratio?.toFixed(3) ?? '–', [row.fault, row.note && `note: ${row.note}`].filter(Boolean).join('; ')))].join('\n');
}
