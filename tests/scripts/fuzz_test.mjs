// scripts/fuzz: what it says of the targets' ends, and which inputs it keeps. The targets are played by a script.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { choose, readControl } from '../../scripts/lib/corpus.mjs';
import { project } from '../fault/lib/run.mjs';

const good = `#!/bin/sh
echo '#12	INITED cov: 100 ft: 200 corp: 9/90b'
echo '#400	NEW    cov: 103 ft: 205 corp: 10/99b'
echo 'stat::number_of_executed_units: 420'
echo 'stat::average_exec_per_sec:     210'
`;
const bad = `#!/bin/sh
for word; do case $word in -artifact_prefix=*) prefix=\${word#*=} ;; esac; done
echo '#12	INITED cov: 100 ft: 200 corp: 9/90b'
echo "artifact_prefix='$prefix'; Test unit written to \${prefix}crash-1"
exit 77
`;

function place(t, targets) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-fuzz-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  fs.mkdirSync(path.join(dir, 'bin'));
  for (const [name, text] of Object.entries(targets)) fs.writeFileSync(path.join(dir, 'bin', `${name}_fuzz`), text, { mode: 0o755 });
  const args = ['--build', dir, '--corpus', path.join(dir, 'corpus'), '--target', Object.keys(targets).join()];
  return { dir, run: (...more) => run(...args, ...more) };
}
const run = (...args) => spawnSync(path.join(project, 'scripts/fuzz'), args, { encoding: 'utf8', timeout: 60_000 });

test('executions, coverage and what of it is new are told of each target and of all', (t) => {
  const { run } = place(t, { decode: good, frames: good });
  const { status, stdout, stderr } = run('--seconds', '2', '--jobs', '2');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^decode +420 +210 +103 +\+3 +0$/m);
  assert.match(stdout, /^all +840 +0$/m);
  assert.match(stderr, /^fuzz: frames, 2 of 2, 2 s$/m);
});

test('a finding is an exit code and the place of its input, and the others are run all the same', (t) => {
  const { dir, run } = place(t, { decode: bad, frames: good });
  const { status, stdout, stderr } = run('--seconds', '2', '--json');
  assert.equal(status, 1);
  const input = path.join(dir, 'corpus/decode-crash-1');
  assert.ok(stderr.includes(`fuzz: decode: ${input}\n`), stderr);
  const { executions, findings, targets: [decode, frames] } = JSON.parse(stdout);
  assert.deepEqual([executions, findings], [432, 1]);
  assert.deepEqual(decode, { target: 'decode', executions: 12, perSecond: 0, coverage: 100, newCoverage: 0, findings: 1, input });
  assert.equal(frames.findings, 0);
});

test('a target that does not even start is no success', (t) => {
  const { status, stderr } = place(t, { decode: '#!/bin/sh\necho out of luck; exit 3\n' }).run('--seconds', '1');
  assert.equal(status, 1);
  assert.match(stderr, /decode: failed without an input\nout of luck/);
});

test('the time of all is shared, as many times as run at once', (t) => {
  const { run } = place(t, { decode: good, frames: good, listen: good });
  assert.match(run('--minutes', '1').stderr, /, 20 s$/m);
  assert.match(run('--minutes', '1', '--jobs', '3').stderr, /, 60 s$/m);
});

test('what makes no sense is a usage error', () => {
  for (const args of [['--target', 'nosuch'], ['--jobs', '0'], ['--seconds', 'x'], ['--seconds'], ['--hours', '1', '--seconds', '1'], ['--what']]) {
    assert.equal(run(...args).status, 2, args.join(' '));
  }
});

const control = (inputs, known) => [inputs.length, known, ...inputs.map((_, i) => `/in/${i}`),
  ...inputs.flatMap(([bytes, ...features], i) => [`STARTED ${i} ${bytes}`, ...(features.length ? [`FT ${i} ${features.join(' ')}`, `COV ${i} 1`] : [])])].join('\n');
const chosen = (inputs, known, limits) => choose(readControl(control(inputs, known)), limits).map((file) => path.basename(file)).join();

test('kept is what adds the most to the inputs that are there, the smaller of equals', () => {
  const limits = { most: 9, mostBytes: 1000 };
  assert.equal(chosen([[10, 1, 2], [30, 3, 4], [20, 3, 4], [5, 1], [40, 3, 4, 5, 6], [7, 9]], 1, limits), '4,5');
  assert.equal(chosen([[30, 3, 4], [20, 3, 4], [9]], 0, limits), '1');
});

test('kept are no more, and no more bytes, than are worth it', () => {
  const inputs = [[500, 1, 2, 3], [400, 4, 5], [300, 6], [100, 7]];
  assert.equal(chosen(inputs, 0, { most: 2, mostBytes: 1000 }), '0,1');
  assert.equal(chosen(inputs, 0, { most: 9, mostBytes: 700 }), '0,3');
});
