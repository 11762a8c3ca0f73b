// Signs that a fault has an effect. Each is a question that is asked again and again while the fault is held.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const answerWithinMs = 2_000;
const longEnoughMs = 1_000;  // for something to happen at any rate that is worth playing

export const readable = (file) => { try { return fs.readFileSync(file, 'utf8'); } catch { return ''; } };

// Processes that SIGSTOP holds.
export const stopped = (pids) => pids.length > 0 && pids.every((pid) => readable(`/proc/${pid}/stat`).replace(/.*\) /s, '').startsWith('T'));
export const ended = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

// Nobody listens there.
export const refused = (url) => new Promise((resolve) => {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname, () => { socket.destroy(); resolve(false); }).on('error', ({ code }) => resolve(code === 'ECONNREFUSED'));
});

// Who starts or doesn't answer says nothing.
const ask = (children, where) => Promise.all(children.map((child) => fetch(`${child?.http}${where}`, { signal: AbortSignal.timeout(answerWithinMs) }).then((answer) => answer.text(), () => '')));
export const areReady = async (children) => (await ask(children, '/readyz')).every((text) => text.startsWith('ready'));
// A worker says of itself that it isn't ready, and why.
export const notReady = async (children, why) => (await ask(children, '/readyz')).some((text) => text.includes(why));

// A metric of the workers is larger than when this was asked first. `labels`: ['name="value"'], in any order.
export function metricGrows(children, metric, labels) {
  const isIt = (line) => line.startsWith(`${metric}{`) && labels.every((label) => line.includes(label));
  let first;
  return async () => {
    const texts = await ask(children, '/metrics');
    const now = texts.reduce((n, text) => n + Number(text.split('\n').find(isIt)?.split(' ').at(-1) ?? 0), 0);
    first ??= now;
    return now > first;
  };
}

// A worker logs a line of this kind from now on.
export function logSays(slots, isIt) {
  const logs = slots.map(({ index, world }) => { const file = path.join(world.dir, `chaos-${index}.log`); return { file, from: fs.statSync(file).size, rest: '' }; });
  return () => logs.some((log) => news(log).some(isIt));
}

function news(log) {
  const chunk = Buffer.alloc(Math.max(0, fs.statSync(log.file).size - log.from));
  const file = fs.openSync(log.file, 'r');
  log.from += fs.readSync(file, chunk, 0, chunk.length, log.from);
  fs.closeSync(file);
  const lines = (log.rest + chunk.toString('latin1')).split('\n');
  log.rest = lines.pop();
  return lines;
}

// All connections to this server that there are now have ended.
export function allEnded(slots, server) {
  const before = slots.flatMap(({ proxies }) => proxies[server].flatMap((proxy) => [...proxy.pairs].map((pair) => ({ proxy, pair }))));
  return () => before.length > 0 && before.every(({ proxy, pair }) => !proxy.pairs.has(pair));
}

// A counter that has stood still for a second.
export function standsStill(count) {
  let last, since;
  return () => {
    const now = count();
    if (now !== last) [last, since] = [now, Date.now()];
    return Date.now() - since >= longEnoughMs;
  };
}

export const nothingArrives = ({ arrivals }) => standsStill(() => { arrivals.read(); return arrivals.accepted.length; });
