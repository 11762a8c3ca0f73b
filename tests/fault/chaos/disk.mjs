// A small disk of its own (a tmpfs) for the journal's tables and indexes, so that it can become full.
import fs from 'node:fs';
import { output } from '../lib/run.mjs';
import { insist } from './acts.mjs';
import { adminSql } from '../lib/stack.mjs';

const roomy = '4g';  // memory is taken only for what is written

export const canMount = () => process.getuid() === 0;

export async function mountDisk(place) {
  await unmountDisk(place);
  fs.mkdirSync(place, { recursive: true });
  const [uid, gid] = [await output('id', ['-u', 'postgres']), await output('id', ['-g', 'postgres'])].map(Number);
  await output('mount', ['-t', 'tmpfs', '-o', `size=${roomy},uid=${uid},gid=${gid},mode=700`, 'tidings-chaos', place]);
  return {
    adopt: () => adopt(place),
    // No larger than what is there, which takes no memory, as a file that fills it would. What is there grows meanwhile.
    fill: () => insist('the disk to be full', () => resize(place, Math.max(1, used(place)))),
    free: () => resize(place, roomy),
  };
}

export async function unmountDisk(place) {
  const mounted = () => fs.readFileSync('/proc/mounts', 'utf8').includes(` ${place} `);
  if (mounted()) await output('umount', [place]);
}

const resize = (place, size) => output('mount', ['-o', `remount,size=${size}`, place]);
function used(place) {
  const { bsize, blocks, bfree } = fs.statfsSync(place);
  return (blocks - bfree) * bsize;
}

async function adopt(place) {
  await adminSql(`create tablespace chaos location '${place}'`, `do $$
    declare r record;
    begin
      for r in select c.oid::regclass as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'tidings.log'::regclass loop
        execute format('alter table %s set tablespace chaos', r.name);
      end loop;
      for r in select x.indexrelid::regclass as name from pg_inherits i join pg_index x on x.indrelid = i.inhrelid where i.inhparent = 'tidings.log'::regclass loop
        execute format('alter index %s set tablespace chaos', r.name);
      end loop;
    end $$`);
}
