// A program whose output goes straight into a file: reading it here would cost the machine that is measured.
import fs from 'node:fs';
import { spawn } from 'node:child_process';
import { until } from '../../fault/lib/run.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export function startLogged(command, args, log, env = {}) {
  fs.rmSync(log, { force: true });
  const file = fs.openSync(log, 'a'); // so that the file may be cut while it runs
  const child = spawn(command, args, { stdio: ['ignore', file, file], env: { ...process.env, ...env } });
  fs.closeSync(file);
  running.add(child);
  child.ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => { running.delete(child); resolve({ code, signal }); });
  });
  child.lines = () => fs.readFileSync(log, 'utf8').split('\n');
  return child;
}

// The first whole line of its output with that text in it.
export function lineWith(child, text, capMs) {
  return until(`${text} in the output of ${child.spawnargs[0]}`, () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(child.lines().slice(-20).join('\n'));
    return child.lines().slice(0, -1).find((line) => line.includes(text));
  }, capMs, 5);
}
