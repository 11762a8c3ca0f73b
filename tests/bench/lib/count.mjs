// What a message costs in counts, which no other guest of the machine can change: instructions in user space and
// allocations (valgrind's callgrind), system calls (strace). Each is the difference of two runs, so starting and
// stopping are not in it.
import fs from 'node:fs';
import path from 'node:path';
import { end, until } from '../../fault/lib/run.mjs';
import { readCallgrind } from './callgrind.mjs';
import { sum } from './measure.mjs';
import { fill, startWorker } from './rig.mjs';
import { untilDone } from './throughput.mjs';

// As many for each recipient as in a run with the usual 100,000 messages: so many of their profiles are found in memory.
const messagesEach = 5;

async function work(rig, messages, under) {
  const fewer = { ...rig, options: { ...rig.options, users: Math.ceil(messages / messagesEach) } };
  await fill(fewer, `c${Date.now().toString(36)}`, messages);
  const worker = await startWorker(rig, 'bench-count', under);
  const { last } = await untilDone([worker], messages);
  const again = sum(last.all[0], 'tidings_retries_total') + sum(last.all[0], 'tidings_deferred_total');
  const { code } = await end(worker);
  if (code !== 0) throw new Error(`the worker ended with ${code}: ${worker.log}`);
  if (again > 0) throw new Error(`${again} deliveries were put off under the slow worker: fewer at once, --prefetch`);
}

async function callgrind(rig, messages) {
  const out = path.join(rig.dir, 'callgrind.out');
  await work(rig, messages, ['valgrind', '--quiet', '--tool=callgrind', `--callgrind-out-file=${out}`]);
  return readCallgrind(out);
}

// -D: strace is the grandchild, so that signals and exit codes are the worker's own; it writes a little after.
async function systemCalls(rig, messages) {
  const out = path.join(rig.dir, 'strace.out');
  fs.rmSync(out, { force: true });
  await work(rig, messages, ['strace', '-D', '-f', '-c', '-U', 'calls,name', '-o', out]);
  const text = await until('the count of strace', () => fs.existsSync(out) && /\d+ total/.test(fs.readFileSync(out, 'utf8')) && fs.readFileSync(out, 'utf8'), 10_000);
  return new Map(text.split('\n').map((line) => line.trim().split(/\s+/)).filter(([calls]) => /^\d+$/.test(calls)).map(([calls, name]) => [name, Number(calls)]));
}

// name → how many more a message, the most first
function perMessage(less, more, messages) {
  const each = [...more].map(([name, n]) => [name?.split('/').at(-1) ?? '?', (n - (less.get(name) ?? 0)) / messages]);
  return Object.fromEntries(each.filter(([, n]) => n >= 0.005).sort((a, b) => b[1] - a[1]));
}

export async function count(rig, tell) {
  const more = rig.options.messages, less = Math.round(more / 3), messages = more - less;
  const small = await callgrind(rig, less), large = await callgrind(rig, more);
  const fewer = await systemCalls(rig, less), all = await systemCalls(rig, more);
  const instructions = perMessage(small.instructions, large.instructions, messages);
  const { total: calls, ...bySystemCall } = perMessage(fewer, all, messages);
  const report = {
    messages, prefetch: rig.options.prefetch, instructionsPerMessage: Object.values(instructions).reduce((a, b) => a + b, 0), instructions,
    allocationsPerMessage: (large.allocations - small.allocations) / messages, systemCallsPerMessage: calls, systemCalls: bySystemCall,
  };
  tell(`difference of a run with ${more} messages and one with ${less}, prefetch ${report.prefetch}; a message:`);
  tell(`instructions         ${report.instructionsPerMessage.toFixed(0)} in user space`);
  for (const [name, n] of Object.entries(instructions).slice(0, 8)) tell(`  ${n.toFixed(0).padStart(8)}  ${name}`);
  tell(`allocations          ${report.allocationsPerMessage.toFixed(1)}`);
  tell(`system calls         ${report.systemCallsPerMessage.toFixed(2)}`);
  for (const [name, n] of Object.entries(bySystemCall).slice(0, 8)) tell(`  ${n.toFixed(2).padStart(8)}  ${name}`);
  return report;
}
