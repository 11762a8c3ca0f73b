// Ends a program as a crash would, where the machine may write a core.
import fs from 'node:fs';
import path from 'node:path';
import { end, start, until } from '../../fault/lib/run.mjs';

// Runs its arguments with a standard input that stays open and silent; tells the process, and how it ended.
const report = `pipe(my $silent, my $held) or die $!;
my $pid = fork() // die $!;
if (!$pid) { open(STDIN, '<&', $silent) or die $!; exec @ARGV or die $! }
$| = 1; print "pid $pid\\n"; waitpid $pid, 0; printf "signal %d, core %d\\n", $? & 127, $? >> 7 & 1;`;
const sanitizers = `${process.env.ASAN_OPTIONS ?? ''}:disable_coredump=0:handle_segv=0`;
const own = (pid, file) => `/proc/${pid}/${file}`;

// 'signal 11, core 0' or 'signal 11, core 1', once it runs as that user and \`ready\` says so of its process id. A core's file goes with \`dir\`.
export async function crash(dir, command, { user, env = {}, ready = () => true }) {
  const cwd = fs.mkdtempSync(path.join(dir, 'crash-'));
  fs.chmodSync(cwd, 0o777);
  let told;
  const pid = new Promise((resolve, reject) => { told = { resolve, reject }; });
  const other = user === process.getuid() ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const child = start('sh', ['-c', 'cd "$0" && ulimit -c unlimited && exec "$@"', cwd, 'perl', '-e', report, ...other, ...command],
    { env: { ASAN_OPTIONS: sanitizers, ...env }, onLine: (line) => { const [, number] = /^pid (\d+)$/.exec(line) ?? []; if (number) told.resolve(Number(number)); } });
  child.ended.then(() => told.reject(new Error(child.tail.join('\n'))));
  const target = await pid;
  try {
    await until(`${command[0]} to run`, () => {
      if (child.exitCode !== null) throw new Error(child.tail.join('\n'));
      return path.basename(command[0]).startsWith(fs.readFileSync(own(target, 'comm'), 'utf8').trim()) && ready(target);
    });
    process.kill(target, 'SIGSEGV');
    await child.ended;
  } finally {
    if (child.exitCode === null && fs.existsSync(own(target, 'stat'))) process.kill(target, 'SIGKILL');
    await end(child);
  }
  return { how: child.tail.find((line) => line.startsWith('signal ')), files: fs.readdirSync(cwd) };
}
