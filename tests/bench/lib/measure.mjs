import fs from 'node:fs';

const ticksPerSecond = 100;  // USER_HZ of every Linux on this kind of machine

// User and system time of a process and its threads.
export function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

// The same in the kernel's own nanoseconds, for spans in which a process does almost nothing.
export function busySeconds(pid) {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  return threads.reduce((n, thread) => n + Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}

// The same of a process, its ended children and its descendants.
export function familyCpuSeconds(root) {
  const all = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      return [{ pid: Number(pid), parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((n, f) => n + Number(f), 0) }];
    } catch { return []; } // it ended meanwhile
  });
  const total = (pid) => all.filter((p) => p.parent === pid).reduce((n, p) => n + total(p.pid), all.find((p) => p.pid === pid)?.ticks ?? 0);
  return total(root) / ticksPerSecond;
}

export const openFiles = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

// What the whole machine has worked since its start.
export function machineSeconds() {
  const [user, nice, system, , , irq, softirq] = fs.readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}

export function memory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024;
  return { peakMiB: mib('VmHWM'), nowMiB: mib('VmRSS') };
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
