import fs from 'node:fs';

const ticksPerSecond = 100;  // USER_HZ of every Linux on this kind of machine

// User and system time of a process and its threads.
export function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function memory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return { peakMiB: Number(status.match(/VmHWM:\s+(\d+)/)[1]) / 1024 };
}

// [{name, labels, value}] of Prometheus' text format.
export async function readMetrics(url) {
  const text = await (await fetch(url)).text();
  return text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
    const [, name, labels, value] = line.match(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/);
    return { name, labels: Object.fromEntries([...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k, v]) => [k, v])), value: Number(value) };
  });
}

export function sum(metrics, name, match = {}) {
  return metrics.filter((m) => m.name === name && Object.entries(match).every(([k, v]) => m.labels[k] === v)).reduce((n, m) => n + m.value, 0);
}

export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
