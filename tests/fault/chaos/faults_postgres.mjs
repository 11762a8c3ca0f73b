// Faults of PostgreSQL.
import net from 'node:net';
import { spawn } from 'node:child_process';
import { adminSql, pgUrl, sql, stack } from '../lib/stack.mjs';
import { freezeServer, insist, nothing, onAllWorkers, setting } from './acts.mjs';

const kill = setting(() => stack('kill-postgres'), () => insist('PostgreSQL to start', () => stack('start-postgres')));

const terminate = onAllWorkers(async () => {
  await sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()");
  return nothing;
});

// A transaction that sits on what the workers lock for a busy recipient, its rows and its caps, and does nothing.
const holdLocks = onAllWorkers(async ({ world }, dice) => {
  const who = world.user(`u${Math.floor(dice[0] * 10)}`);
  const holder = spawn('psql', ['-X', '-q', '-d', pgUrl()], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.stdin.on('error', () => {});
  holder.stdin.write(`begin; set application_name = 'chaos holder';
    select pg_advisory_xact_lock(hashtextextended('${who}', 0));
    select from tidings.recipients where id = '${who}' for update;
    select from tidings.cap_windows where recipient = '${who}' for update;\n`);
  return async () => { holder.kill('SIGKILL'); await ended; };
});

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
  return async () => { open = false; for (const socket of sockets) socket.destroy(); };
});

// As on a server that a failover has made a replica.
const alter = (how) => adminSql(`alter system ${how}`, 'select pg_reload_conf()');
const readOnly = setting(() => alter('set default_transaction_read_only = on'),
  () => insist('PostgreSQL to be writable', () => alter('reset default_transaction_read_only')));

const diskFull = setting(({ disk }) => disk.fill(), ({ disk }) => disk.free());
const logFull = setting(({ walDisk }) => walDisk.fill(), ({ walDisk }) => walDisk.free());

export const postgresFaults = [
  { name: 'PostgreSQL killed', hold: [0, 3_000], inject: kill },
  { name: 'PostgreSQL frozen', hold: [2_000, 14_000], inject: freezeServer('postgres') },
  { name: 'PostgreSQL ends all sessions', hold: [0, 100], inject: terminate },
  { name: 'PostgreSQL locks held', hold: [2_000, 12_000], inject: holdLocks },
  { name: 'PostgreSQL out of connections', hold: [2_000, 5_000], inject: exhaust },
  { name: 'PostgreSQL read-only', hold: [1_000, 5_000], inject: readOnly },
  { name: 'PostgreSQL disk full', hold: [1_000, 5_000], inject: diskFull, needs: 'disk' },
  { name: 'PostgreSQL log disk full', hold: [1_000, 5_000], inject: logFull, needs: 'walDisk' },
];
