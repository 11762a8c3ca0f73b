// Programs that die at a crash point (common/base/crash_point.h), or tell which ones they pass.
import fs from 'node:fs';
import path from 'node:path';
import { binaries, project, start } from './run.mjs';

export const programs = { worker: path.join(binaries, 'workers/worker/tidings-worker'), tidings: path.join(binaries, 'workers/tidings/tidings') };
export const mark = 'tidings-crash-point:';

// The names that a file holds.
export const pointsIn = (file) => new Set([...fs.readFileSync(file, 'latin1').matchAll(new RegExp(`${mark}([a-z-]+)`, 'g'))].map(([, name]) => name));

export function pointsInSources() {
  const files = ['common', 'workers'].flatMap((dir) => fs.readdirSync(path.join(project, dir), { recursive: true }).map((name) => path.join(project, dir, name)));
  const texts = files.filter((file) => /\.(cpp|h)$/.test(file)).map((file) => fs.readFileSync(file, 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(/TIDINGS_CRASH_POINT(?:_OF)?\("([a-z-]+)"[,)]/g)].map(([, name]) => name)));
}

// `passed`: what it tells of, when `at` is "trace". `begun`: a worker takes messages.
export function startCrashing(program, at, args, onPass = () => {}) {
  const passed = [];
  let begin;
  const begun = new Promise((resolve) => { begin = resolve; });
  const onLine = (line) => {
    if (line.includes('"started"')) begin();
    if (!line.startsWith('crash point ')) return;
    passed.push(line.slice('crash point '.length));
    onPass(passed);
  };
  return Object.assign(start(programs[program], args, { env: { TIDINGS_CRASH_AT: at }, onLine }), { passed, begun });
}

// How it ended by itself; one that goes on for too long is ended here, and says so.
export async function ended(child, capMs = 60_000) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, capMs, { signal: 'still running' }); });
  const how = await Promise.race([child.ended, late]);
  clearTimeout(timer);
  if (how.signal === 'still running') child.kill('SIGKILL');
  return how.signal ?? `exit ${how.code}`;
}

export async function inParallel(count, items, work) {
  const left = [...items];
  await Promise.all(Array.from({ length: count }, async () => {
    while (left.length > 0) await work(left.shift());
  }));
}
