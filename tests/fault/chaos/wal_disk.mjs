// A small disk of its own for PostgreSQL's write-ahead log, so that it can become full: a file system in a file, where
// fsync costs what it costs elsewhere, as it would not on a tmpfs.
import fs from 'node:fs';
import path from 'node:path';
import { output } from '../lib/run.mjs';
import { adminSql, stack } from '../lib/stack.mjs';
import { insist } from './acts.mjs';
import { canMount } from './disk.mjs';

const size = '3G';  // beyond max_wal_size; the file has holes, and takes what is written
const segment = 16 * 2 ** 20;
const mostSegments = 3 * 2 ** 30 / segment;

export const canMountLoop = () => canMount() && fs.existsSync('/dev/loop-control');

export async function mountWalDisk(place) {
  await unmountWalDisk(place);
  fs.mkdirSync(place, { recursive: true });
  await output('truncate', ['-s', size, image(place)]);
  await output('mkfs.ext4', ['-q', '-m', '0', image(place)]);  // nothing kept back for root
  await output('mount', ['-o', 'loop', image(place), place]);
  return { adopt: (stackDir) => adopt(stackDir, path.join(place, 'wal')), fill: () => fill(place), free: () => free(place) };
}

export async function unmountWalDisk(place) {
  if (fs.readFileSync('/proc/mounts', 'utf8').includes(` ${place} `)) await output('umount', [place]);
  fs.rmSync(image(place), { force: true });
}

const image = (place) => `${place}.img`;
const ballast = (place) => path.join(place, 'ballast');

// Moves the log there, as one does: with the server down.
async function adopt(stackDir, place) {
  const log = path.join(fs.readFileSync(path.join(stackDir, 'postgres.place'), 'utf8').trim(), 'data', 'pg_wal');
  await stack('kill-postgres');
  await output('cp', ['-a', log, place]);
  fs.rmSync(log, { recursive: true });
  fs.symlinkSync(place, log);
  await stack('start-postgres');
}

// No room for another segment. The ones that are at hand would last for minutes: they are used up, until the server panics.
async function fill(place) {
  const { bavail, bsize } = fs.statfsSync(place);
  await output('fallocate', ['-l', String(Math.max(bsize, bavail * bsize - segment / 2)), ballast(place)]);
  for (let used = 0; used < mostSegments; ++used) {
    try {
      await adminSql("select pg_logical_emit_message(false, 'chaos', '')", 'select pg_switch_wal()');
    } catch { return; }
  }
  throw new Error('the write-ahead log did not become full');
}

// It can't recover without room and gives up; somebody makes room and starts it again. What is left of it is cleared away first.
async function free(place) {
  fs.rmSync(ballast(place), { force: true });
  await insist('PostgreSQL to start', async () => { await stack('kill-postgres'); await stack('start-postgres'); });
}
