// scripts/bench --compare REV: builds another revision beside this one and lets both work in turns, because
// a shared machine is half as fast again from one minute to the next and only ratios within one run mean much.
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { output, project } from '../fault/lib/run.mjs';

const { values: options, tokens } = parseArgs({
  options: { compare: { type: 'string' }, rounds: { type: 'string', default: '5' }, messages: { type: 'string', default: '50000' }, json: { type: 'boolean', default: false } },
  strict: false, tokens: true,
});
const rounds = Number(options.rounds);
const git = (...args) => execFileSync('git', ['-C', project, ...args], { encoding: 'utf8' }).trim();
const tell = (text) => { if (!options.json) console.log(text); };

const figures = [
  ['msg/s', (t) => t.steadyMsgPerSecond], ['worker CPU µs/msg', (t) => t.workerCpuMicrosPerMessage],
  ['PostgreSQL CPU µs/msg', (t) => t.postgresCpuMicrosPerMessage], ['RabbitMQ CPU µs/msg', (t) => t.rabbitmqCpuMicrosPerMessage],
  ['machine CPU µs/msg', (t) => t.machineCpuMicrosPerMessage], ['PostgreSQL round trips/msg', (t) => t.pgRoundTripsPerMessage],
  ['AMQP frames out/msg', (t) => t.amqpFramesOutPerMessage], ['peak RSS MiB', (t) => t.peakRssMiB],
];

// Programs of another revision, in a work tree below build/.
function build(revision) {
  const commit = git('rev-parse', '--verify', `${revision}^{commit}`);
  const tree = path.join(project, 'build/compare', commit);
  if (!git('worktree', 'list').includes(tree)) git('worktree', 'add', '--detach', '--force', tree, commit);
  const make = (...args) => execFileSync('cmake', args, { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] });
  make('--preset', 'release');
  make('--build', '--preset', 'release', '--target', 'tidings-worker', 'tidings', 'bench-fill');
  return path.join(tree, 'build/release');
}

const own = new Set(['compare', 'rounds', 'messages', 'json']);
const passedOn = tokens.filter((t) => t.kind === 'option' && !own.has(t.name)).flatMap((t) => (t.value === undefined ? [t.rawName] : [t.rawName, t.value]));
async function measure(bin) {
  const args = ['tests/bench/bench.mjs', '--bin', bin, '--messages', options.messages, '--rate', '0', '--idle', '0', '--keep', '--json', ...passedOn];
  return JSON.parse((await output('node', args.map((a) => (a.startsWith('tests/') ? path.join(project, a) : a)))).trim().split('\n').at(-1)).throughput;
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];
const sides = [{ name: options.compare, bin: build(options.compare), runs: [] }, { name: 'this tree', bin: path.join(project, 'build/release'), runs: [] }];
for (let round = 1; round <= rounds; ++round) {
  for (const side of round % 2 ? sides : [...sides].reverse()) {
    side.runs.push(await measure(side.bin));
    tell(`round ${round} of ${rounds}, ${side.name}: ${side.runs.at(-1).steadyMsgPerSecond.toFixed(0)} msg/s, ${side.runs.at(-1).workerCpuMicrosPerMessage.toFixed(1)} µs`);
  }
}
const report = figures.map(([name, of]) => {
  const [before, after] = sides.map((side) => side.runs.map(of));
  const ratios = sorted(before.map((value, i) => after[i] / value));
  return { name, before: median(before), after: median(after), ratio: median(ratios), least: ratios[0], most: ratios.at(-1) };
});
tell(`\n${''.padEnd(28)}${options.compare.padStart(12)}${'this tree'.padStart(12)}${'ratio'.padStart(8)}   spread`);
for (const r of report) tell(`${r.name.padEnd(28)}${r.before.toPrecision(4).padStart(12)}${r.after.toPrecision(4).padStart(12)}${r.ratio.toFixed(3).padStart(8)}   ${r.least.toFixed(3)}–${r.most.toFixed(3)}`);
if (options.json) console.log(JSON.stringify({ messages: Number(options.messages), rounds, figures: report }));
