// What the end-to-end tests need of a world beyond the fixture.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { states } from '../../fault/lib/fixture.mjs';
import { binaries, until } from '../../fault/lib/run.mjs';

// Waits until the deliveries stand as expected; how they stand otherwise is the failure's message.
export async function become(world, expected, capMs = 30_000) {
  let now;
  const look = async () => isDeepStrictEqual(now = await states(world), expected);
  await until('the deliveries', look, capMs, 100).catch(() => {});
  assert.deepEqual(now, expected);
}

// The command line, as an admin runs it.
export async function tidings(world, ...args) {
  const program = path.join(binaries, 'workers/tidings/tidings');
  const run = promisify(execFile)(program, [...args, '--config', world.config], { maxBuffer: 1 << 26 });
  const { code = 0, stdout, stderr } = await run.catch((failed) => failed);
  return { code, out: stdout, err: stderr };
}

// The worker's log lines of one kind, as soon as there are `count`.
export async function logged(world, worker, event, count = 1) {
  const file = path.join(world.dir, `${worker}.log`);
  return until(`${worker} to log ${event}`, () => {
    const lines = fs.readFileSync(file, 'utf8').split('\n').filter((line) => line.startsWith('{"time"') && line.endsWith('}')).map((line) => JSON.parse(line));
    const found = lines.filter((line) => line.event === event);
    return found.length >= count && found;
  });
}

// Another text in place of one that must be there.
export function edit(file, from, to) {
  const text = fs.readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${file} holds ${from}`);
  fs.writeFileSync(file, text.replace(from, to));
}
