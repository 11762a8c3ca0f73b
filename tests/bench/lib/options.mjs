import path from 'node:path';
import { parseArgs } from 'node:util';
import { project } from '../../fault/lib/run.mjs';

const usage = `Usage: scripts/bench [options]
One run at full speed, then idle, then paced:
  --messages N     messages queued before the workers start (default 100000)
  --workers W      workers (default 1)
  --rate R         paced rate of the latency part (default 200); 0 leaves it out
  --seconds S      how long the latency part takes, after 3 s of warming up (default 20)
  --idle S         how long idle CPU is watched (default 5); 0 leaves it out
  --users U        different recipients (default 20000)
  --prefetch P     unacknowledged messages per worker (default 1000; 2500 with a provider's delay, 2000 with --http2, too)
  --concurrency C  requests at the sink at once (default 64, as shipped; 1500 with a provider's delay, 1000 with --http2, too)
  --provider-delay MS  the sink answers after that long (up to 10000); latencies end when the request comes
  --http2          the sink speaks HTTP/2 over TLS instead of HTTP/1.1
  --journal-rows N rows of the last week in the journal beforehand (up to 20000000; default 0, emptied before each run)
  --no-cap         without the rolling cap that counts every message
Instead of that:
  --count          instructions, allocations and system calls a message: the difference of two runs, under valgrind and under strace
                   (--messages M: the larger run, default 6000; takes minutes)
  --soak MIN       mixed load at half speed for so many minutes: a line a minute; exit 1 when memory or files grow or something stays
  --curve          latency and throughput against offered load, from 200 a second to 90 % of the maximum (--seconds each, default 10);
                   writes docs/load.svg
  --compare REV    this tree and another revision in turns, medians and ratios (servers stay; --rounds N, default 5)
Where:
  --dir DIR        servers and data (default .bench); ports 5679, 5439 and 8495
  --bin DIR        build folder (default build/release)
  --keep           leave the servers running for the next run
  --json           one JSON object on standard output
Examples:
  scripts/bench --messages 20000 --seconds 5
  scripts/bench --messages 1000000 --rate 0 --json
  scripts/bench --provider-delay 80 --http2
  scripts/bench --journal-rows 10000000 --rate 0
  for w in 1 2 3 4; do scripts/bench --workers $w --rate 0; done
  scripts/bench --compare HEAD~1 --messages 50000
  scripts/bench --soak 60`;

const text = (value) => ({ type: 'string', default: value });
const flag = { type: 'boolean', default: false };

function fail(problem) {
  console.error(`bench: ${problem}; scripts/bench --help lists the options`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({ options: {
      messages: text(), workers: text('1'), rate: text('200'), seconds: text(), idle: text('5'), users: text('20000'), prefetch: text(),
      concurrency: text(), 'provider-delay': text('0'), http2: flag, 'journal-rows': text('0'), 'no-cap': flag, count: flag, soak: text(), curve: flag,
      dir: text(path.join(project, '.bench')), bin: text(path.join(project, 'build/release')), keep: flag, json: flag, help: flag,
    } }).values;
  } catch (error) { return fail(error.message); }
}

export function readOptions() {
  const given = parse();
  if (given.help) { console.log(usage); process.exit(0); }
  const number = (name, least, most, standard) => {
    const value = given[name] === undefined ? standard : Number(given[name]);
    return Number.isFinite(value) && value >= least && value <= most ? value : fail(`--${name}: found ${given[name]}, expected ${least} to ${most}`);
  };
  const chosen = ['count', 'soak', 'curve'].filter((name) => given[name]);
  if (chosen.length > 1) fail(`found --${chosen.join(' and --')}, expected one of them`);
  const scenario = chosen[0] ?? 'whole';
  const providerDelay = number('provider-delay', 0, 10_000);
  // What is under way at once bounds the rate (1,500 at 80 ms: 18,750 a second) and, by HTTP/2 at some 40 KiB a request, the memory.
  const [prefetch, concurrency] = !providerDelay ? [1_000, 64] : given.http2 ? [2_000, 1_000] : [2_500, 1_500];
  return {
    scenario, providerDelay, http2: given.http2, noCap: given['no-cap'], dir: given.dir, bin: given.bin, keep: given.keep, json: given.json,
    messages: number('messages', 100, 50_000_000, { whole: 100_000, count: 6_000, soak: 50_000, curve: 50_000 }[scenario]),
    workers: number('workers', 1, 64), rate: number('rate', 0, 1e6), seconds: number('seconds', 1, 3600, scenario === 'curve' ? 10 : 20), idle: number('idle', 0, 3600),
    users: number('users', 1, 1e7), prefetch: number('prefetch', 1, 65_535, prefetch), concurrency: number('concurrency', 1, 10_000, concurrency),
    journalRows: number('journal-rows', 0, 20_000_000), soak: scenario === 'soak' ? number('soak', 1, 24 * 60) : 0,
  };
}
