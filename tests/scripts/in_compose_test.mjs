// scripts/enqueue and scripts/replay-dlq where nothing is built and a compose project runs. Docker is played by a script.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { project } from '../fault/lib/run.mjs';

const docker = `#!/bin/sh
case "$*" in
  'compose ps '*) echo container ;;
  *) printf '%s\\n' "$@"; exec cat ;;
esac
`;

// A project of which only the scripts are there, and a PATH without Tidings.
function place(t) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-scripts-'));
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  for (const name of ['enqueue', 'replay-dlq', 'lib/tidings.sh']) fs.cpSync(path.join(project, 'scripts', name), path.join(root, 'scripts', name));
  fs.mkdirSync(path.join(root, 'bin'));
  fs.writeFileSync(path.join(root, 'bin/docker'), docker, { mode: 0o755 });
  const env = { PATH: `${root}/bin:/usr/bin:/bin` };
  const run = (script, args, input = '') => spawnSync(path.join(root, 'scripts', script), args, { env, input, cwd: root, encoding: 'utf8', timeout: 60_000 });
  return { root, run };
}
const inContainer = (root, ...args) => ['compose', '--project-directory', root, 'run', '--rm', '--no-deps', '-T', 'worker', 'tidings', ...args, ''].join('\n');

test('a replay has a container of its own, so it needs no worker and ends when it is told to', (t) => {
  const { root, run } = place(t);
  const { status, stdout } = run('replay-dlq', ['--type', 'comment', '--dry-run']);
  assert.equal(status, 0);
  assert.equal(stdout, inContainer(root, 'dlq', 'replay', '--type', 'comment', '--dry-run'));
});

test('messages come through standard input', (t) => {
  const { root, run } = place(t);
  const { status, stdout } = run('enqueue', ['--type', 'comment'], '{"id":"a"}\n');
  assert.equal(status, 0);
  assert.equal(stdout, `${inContainer(root, 'enqueue', '--type', 'comment')}{"id":"a"}\n`);
});

test('a file, which the container would not find, is refused with what to do', (t) => {
  const { root, run } = place(t);
  fs.writeFileSync(path.join(root, 'order.json'), '{}');
  const { status, stdout, stderr } = run('enqueue', ['order.json']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /found the file order\.json, which the container does not see; expected it on standard input: enqueue <order\.json/);
});
