#!/usr/bin/env node
// Counts the instructions of each micro-benchmark's body under callgrind and holds them against baseline.json.
//
//   tests/bench/micro/counts.mjs                      builds micro-bench, compares; fails on more than +10 %
//   tests/bench/micro/counts.mjs --update             writes the baseline anew; refuses what rose by more than 10 %
//   tests/bench/micro/counts.mjs --update --note WHY  accepts that, too, with the reason
//
// Where the instructions are: callgrind_annotate build/release/counts/NAME.
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { compare, table, updated } from './lib/compare.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const project = path.resolve(here, '../../..');
const { values: options } = parseArgs({ options: { update: { type: 'boolean', default: false }, note: { type: 'string' } } });
const build = path.join(project, 'build/release');
const program = path.join(build, 'tests/bench/micro/micro-bench');
const profiles = path.join(build, 'counts');
const baselineFile = path.join(here, 'baseline.json');
const run = promisify(execFile);
// Nothing of the caller's environment, such as a locale or tunables of the C library, may change a count.
const environment = { PATH: process.env.PATH, LC_ALL: 'C' };

function make() {
  const cmake = (...args) => execFileSync('cmake', args, { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] });
  cmake('--preset', 'release');
  cmake('--build', '--preset', 'release', '--target', 'micro-bench');
}

// What the counts depend on beside our code. The C library chooses its functions by the processor's abilities.
function tools() {
  const packages = ['libc6', 'libstdc++6', 'libstdc++-12-dev', 'libmimalloc2.0', 'libuv1', 'nlohmann-json3-dev', 'valgrind'];
  const version = (name) => {
    try { return execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }); }
    catch { return 'unknown'; }
  };
  const compiler = fs.readFileSync(path.join(build, 'CMakeCache.txt'), 'utf8').match(/^CMAKE_CXX_COMPILER:\w+=(.*)$/m)[1];
  return {
    compiler: execFileSync(compiler, ['--version'], { encoding: 'utf8' }).split('\n')[0],
    processor: `${process.arch}${/\bavx2\b/.test(fs.readFileSync('/proc/cpuinfo', 'utf8')) ? ', avx2' : ''}`,
    ...Object.fromEntries(packages.map((name) => [name, version(name)])),
  };
}

// Instructions of one call.
async function count(name) {
  const profile = path.join(profiles, name.replace(/\W+/g, '-'));
  const { stdout } = await run('valgrind', ['--tool=callgrind', '--instr-atstart=no', `--callgrind-out-file=${profile}`, program, '--count', name], { env: environment });
  const total = fs.readFileSync(profile, 'utf8').match(/^totals: (\d+)/m)[1];
  return Math.round(Number(total) / Number(stdout));
}

async function countAll() {
  fs.rmSync(profiles, { recursive: true, force: true });
  fs.mkdirSync(profiles, { recursive: true });
  const names = execFileSync(program, ['--benchmark_list_tests=true'], { encoding: 'utf8' }).trim().split('\n');
  const left = [...names];
  const counts = {};
  const work = async () => { for (let name; (name = left.shift());) counts[name] = await count(name); };
  await Promise.all(Array.from({ length: os.availableParallelism() }, work));
  return counts;
}

const describe = (made, other) => Object.keys(made).filter((name) => made[name] !== other[name]).map((name) => `${name} ${made[name]}`).join(', ');

function update(baseline, counted) {
  const { baseline: next, refused } = updated(baseline, counted, options.note);
  fs.writeFileSync(baselineFile, `${JSON.stringify(next, null, 2)}\n`);
  console.log(table(compare(next, counted).rows));
  if (refused.length > 0) console.log(`not updated, because they rose by more than 10 %: ${refused.join(', ')}; say why with --note`);
  return refused.length === 0;
}

function check(baseline, counted) {
  const { comparable, rows, faults } = compare(baseline, counted);
  console.log(table(rows));
  if (!comparable) {
    console.log(`not compared: made with ${describe(baseline.madeWith, counted.madeWith)}; here there is ${describe(counted.madeWith, baseline.madeWith)}`);
    console.log('tests/bench/micro/counts.mjs --update writes a baseline of these');
  }
  for (const { name, fault } of faults) console.log(`FAILED ${name} ${fault}`);
  return faults.length === 0;
}

make();
const counted = { madeWith: tools(), counts: await countAll() };
const baseline = fs.existsSync(baselineFile) ? JSON.parse(fs.readFileSync(baselineFile, 'utf8')) : { madeWith: {}, benchmarks: {} };
process.exitCode = (options.update ? update : check)(baseline, counted) ? 0 : 1;
