// Faults of PostgreSQL.
import net from 'node:net';
import { spawn } from 'node:child_process';
import { adminSql, pgUrl, sql, stack } from '../lib/stack.mjs';
import { freezeServer, insist, nothing, onAllWorkers, setting } from './acts.mjs';
import { allEnded, logSays, nothingArrives, notReady, refused } from './proofs.mjs';

const serverIsGone = () => () => refused(pgUrl());
const kill = setting(() => stack('kill-postgres'), () => insist('PostgreSQL to start', () => stack('start-postgres')), serverIsGone);

const terminate = onAllWorkers(async ({ slots }) => {
  const proof = allEnded(slots, 'pg');
  await sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()");
  return { heal: nothing, proof };
});

// A transaction that sits on what the workers lock for busy recipients, their rows and their caps, and does nothing.
const holdLocks = onAllWorkers(async ({ world }) => {
  const whom = Array.from({ length: 10 }, (_, n) => `'${world.user(`u${n}`)}'`).join(', ');
  const holder = spawn('psql', ['-X', '-q', '-d', pgUrl()], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.stdin.on('error', () => {});
  holder.stdin.write(`begin; set application_name = 'chaos holder';
    select pg_advisory_xact_lock(h) from (select hashtextextended(id, 0) h from unnest(array[${whom}]) id order by 1) ordered;
    select from tidings.recipients where id in (${whom}) for update;
    select from tidings.cap_windows where recipient in (${whom}) for update;\n`);
  return { heal: async () => { holder.kill('SIGKILL'); await ended; }, proof: somebodyWaits };
});
const somebodyWaits = async () => (await sql(`select count(*) from pg_stat_activity held join pg_stat_activity holder on holder.pid = any(pg_blocking_pids(held.pid))
  where holder.application_name = 'chaos holder'`))[0][0] !== '0';

// As many sessions as the server takes, and the workers' own ended.
const exhaust = onAllWorkers(async ({ slots }) => {
  const [[room]] = await sql('show max_connections');
  const at = new URL(pgUrl());
  const user = decodeURIComponent(at.username), database = at.pathname.slice(1);
  const words = Buffer.from(`\0\x03\0\0user\0${user}\0database\0${database}\0\0`, 'latin1');
  const hello = Buffer.concat([Buffer.from([0, 0, 0, words.length + 4]), words]);
  const sockets = new Set();
  let open = true;
  const take = () => {
    if (!open) return;
    const socket = net.connect(Number(at.port || 5432), at.hostname, () => socket.write(hello));
    sockets.add(socket);
    // A place that a worker's session leaves is taken as soon as it is seen.
    socket.on('error', () => {}).on('close', () => { sockets.delete(socket); setTimeout(take, 20); });
    socket.resume();
  };
  for (let n = 0; n < Number(room); ++n) take();
  for (const { proxies } of slots) for (const proxy of proxies.pg) proxy.reset();
  const heal = async () => { open = false; for (const socket of sockets) socket.destroy(); };
  return { heal, proof: () => notReady(slots.map(({ child }) => child), 'database') };
});

// As on a server that a failover has made a replica.
const alter = (how) => adminSql(`alter system ${how}`, 'select pg_reload_conf()');
const readOnly = setting(() => alter('set default_transaction_read_only = on'),
  () => insist('PostgreSQL to be writable', () => alter('reset default_transaction_read_only')), nothingArrives);

const diskFull = setting(({ disk }) => disk.fill(), ({ disk }) => disk.free(),
  ({ slots }) => logSays(slots, (line) => /could not extend|No space left/.test(line)));
const logFull = setting(({ walDisk }) => walDisk.fill(), ({ walDisk }) => walDisk.free(), serverIsGone);

export const postgresFaults = [
  { name: 'PostgreSQL killed', hold: [0, 3_000], certain: true, inject: kill },
  { name: 'PostgreSQL frozen', hold: [2_000, 14_000], certain: true, inject: freezeServer('postgres') },
  { name: 'PostgreSQL ends all sessions', hold: [0, 100], certain: true, inject: terminate },
  { name: 'PostgreSQL locks held', hold: [2_000, 12_000], certain: true, inject: holdLocks },
  { name: 'PostgreSQL out of connections', hold: [2_000, 5_000], certain: true, inject: exhaust },
  { name: 'PostgreSQL read-only', hold: [1_000, 5_000], certain: true, inject: readOnly },
  { name: 'PostgreSQL disk full', hold: [1_000, 5_000], certain: true, inject: diskFull, needs: 'disk' },
  { name: 'PostgreSQL log disk full', hold: [1_000, 5_000], certain: true, inject: logFull, needs: 'walDisk' },
];
