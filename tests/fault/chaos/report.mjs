// The table of a run.
import os from 'node:os';

const recoverWithinMs = 10_000;
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

// One row per fault that came alone and one for all that came in pairs.
export function rowsOf(steps, perStep) {
  const groups = new Map();
  steps.forEach((step, i) => {
    const name = step.faults.length > 1 ? 'two at once' : step.name;
    if (!groups.has(name)) groups.set(name, { fault: name, injected: 0, proven: 0, messages: 0, lost: 0, duplicated: 0, uncertain: 0, recoveries: [], never: 0 });
    const row = groups.get(name);
    ++row.injected;
    if (step.faults.length === 0) row.proven = null;  // nobody planned it
    else if (step.proven === step.faults.length) ++row.proven;
    row.messages += step.messages;
    row.lost += perStep[i].lost;
    row.duplicated += perStep[i].duplicated;
    row.uncertain += perStep[i].uncertain;
    if (step.recoveryMs === null) ++row.never;
    else if (step.recoveryMs !== undefined) row.recoveries.push(step.recoveryMs);
  });
  const pair = groups.get('two at once');
  groups.delete('two at once');
  const rows = [...groups.values()].sort((a, b) => a.fault.localeCompare(b.fault));
  return [...rows, ...(pair ? [pair] : [])].map(({ recoveries, ...row }) => {
    const sorted = recoveries.sort((a, b) => a - b);
    return { ...row, recoveryP50: sorted.length ? quantile(sorted, 0.5) / 1000 : null, recoveryMax: sorted.length ? sorted.at(-1) / 1000 : null };
  });
}

export function tableOf(rows) {
  const seconds = (value, never) => (never ? 'never' : value === null ? '-' : value.toFixed(1));
  const head = ['fault', 'injected', 'proven', 'messages', 'lost', 'duplicated', 'uncertain', 'recovery s p50', 'max'];
  const lines = rows.map((row) => [row.fault, row.injected, row.proven ?? '-', row.messages, row.lost, row.duplicated, row.uncertain, seconds(row.recoveryP50), seconds(row.recoveryMax, row.never)].map(String));
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const cells = (line) => `| ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [cells(head), rule, ...lines.map(cells)].join('\n');
}

// Steps after which the full rate took too long to come back, alone or two at once: whatever a worker waits for then, it waits
// for at the same time. While the harness stood still it could not come back.
export function lateOf(steps) {
  const pauses = steps.filter(({ faults }) => faults.length === 0);
  const stoodStill = (from, to) => pauses.reduce((ms, pause) => ms + Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from)), 0);
  return steps.filter(({ to, recoveryMs }) => recoveryMs - stoodStill(to, to + recoveryMs) > recoverWithinMs)
    .map(({ number, name, recoveryMs }) => ({ step: number, name, recoveryMs }));
}

export function perMillion({ deliveries, lost, duplicated }) {
  const of = (n) => Math.round((n / Math.max(1, deliveries)) * 1e7) / 10;
  return { lost: of(lost), sentTwice: of(duplicated) };
}

export function verdictOf({ steps, verdict, crashes, notDone, never, late }) {
  const million = perMillion(verdict);
  const lines = [
    `deliveries ${verdict.deliveries}, lost ${verdict.lost}, wrongly skipped ${verdict.wronglySkipped}, contradictory ${verdict.contradictory}`,
    `per million: lost ${million.lost}, sent twice ${million.sentTwice}`,
    `duplicated ${verdict.duplicated} (not during a fault ${verdict.unexplained}, of types that must not ${verdict.forbidden}, steps over their bound ${verdict.overBound.length})`,
    `uncertain, so skipped by their type ${verdict.uncertain} (accepted all the same ${verdict.uncertainAccepted}, never accepted ${verdict.uncertain - verdict.uncertainAccepted}, steps over their bound ${verdict.overDoubt.length})`,
    `dead ${verdict.dead}; put off by a slow clock until after the run ${verdict.putOff}; workers that ended on their own ${crashes.length}; faults that never healed ${never}, late ${late.length}`,
  ];
  const named = (step) => `${steps[step].number ? `step ${steps[step].number}: ` : ''}${steps[step].name}`;
  for (const [kind, list] of Object.entries(verdict.examples)) for (const { key, why } of list) lines.push(`  ${kind}: ${key}: ${why}`);
  for (const { step, repeats, bound } of verdict.overBound) lines.push(`  ${named(step)}: ${repeats} repeats, at most ${bound} were in flight`);
  for (const { step, uncertain, bound } of verdict.overDoubt) lines.push(`  ${named(step)}: ${uncertain} uncertain, at most ${bound} can have been`);
  for (const crash of crashes) lines.push(`  worker ${crash.worker} ended with ${crash.signal ?? crash.code} (${crash.during.join(', ') || 'no fault'})\n    ${crash.tail.join('\n    ')}`);
  for (const { step, name, recoveryMs } of late) lines.push(`  late: step ${step}: ${name}: back at the full rate after ${(recoveryMs / 1000).toFixed(1)} s`);
  for (const { step, fault, why } of notDone) lines.push(`  step ${step}: ${fault} could not be played: ${why}`);
  return lines.join('\n');
}

export function machine() {
  const cpu = os.cpus();
  return { cpu: cpu[0].model, cores: cpu.length, memoryGiB: Math.round(os.totalmem() / 2 ** 30), kernel: os.release() };
}
