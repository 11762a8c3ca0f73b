// Every fault there is, and which of them this machine and this build can play.
import fs from 'node:fs';
import { canMount } from './disk.mjs';
import { networkFaults } from './faults_network.mjs';
import { postgresFaults } from './faults_postgres.mjs';
import { providerFaults } from './faults_provider.mjs';
import { rabbitmqFaults } from './faults_rabbitmq.mjs';
import { libfaketime, workerFaults } from './faults_worker.mjs';
import { canMountLoop } from './wal_disk.mjs';

export const allFaults = [...workerFaults, ...networkFaults, ...rabbitmqFaults, ...postgresFaults, ...providerFaults];

// Those whose names begin with one of the words, or all.
export function choose(words) {
  if (!words) return allFaults;
  return words.split(',').map((word) => word.trim()).filter(Boolean).flatMap((word) => {
    const found = allFaults.filter(({ name }) => name.toLowerCase().startsWith(word.toLowerCase()));
    if (found.length === 0) throw new RangeError(`no fault '${word}'; there are:\n  ${allFaults.map(({ name }) => name).join('\n  ')}`);
    return found;
  });
}

// Address space is taken by the sanitizers without measure, so a limit on it says nothing.
export const sanitized = (worker) => fs.readFileSync(worker).includes('__asan_init');
const can = {
  faketime: { is: () => fs.existsSync(libfaketime), why: 'libfaketime is not installed' },
  disk: { is: () => canMount() && !process.env.TIDINGS_STACK, why: 'only as root, on servers of its own' },
  walDisk: { is: () => canMountLoop() && !process.env.TIDINGS_STACK, why: 'only as root, with loop devices, on servers of its own' },
  cluster: { is: () => (process.env.TIDINGS_AMQP_URL ?? '').includes(','), why: 'only in a cluster' },
  starttls: { is: (_, secure) => !secure, why: 'only with STARTTLS, so with --plain' },
  plainBuild: { is: (worker) => !sanitized(worker), why: 'not with the sanitizers' },
};
// [faults, ["name: why not"]]
export function playable(faults, worker, secure) {
  const able = new Map(Object.entries(can).map(([need, { is }]) => [need, is(worker, secure)]));
  const missing = faults.filter(({ needs }) => needs && !able.get(needs));
  return [faults.filter((fault) => !missing.includes(fault)), missing.map(({ name, needs }) => `${name}: ${can[needs].why}`)];
}
