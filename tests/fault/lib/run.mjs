// Processes of a test: started here, ended here by pid, whatever happens to the test.
import { spawn, execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const binaries = process.env.TIDINGS_BIN ?? path.join(project, 'build/dev');
const execute = promisify(execFile);
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

export function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: eval "$(scripts/stack start)" first`);
  return value;
}

// Output of a program that ends by itself.
export async function output(file, args, options = {}) {
  const { stdout } = await execute(file, args, { maxBuffer: 1 << 28, ...options });
  return stdout;
}

export function start(file, args, { env = {}, onLine = () => {}, quiet = true } = {}) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.tail = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      child.tail.push(line);
      if (child.tail.length > 50) child.tail.shift();
      if (!quiet) console.log(line);
      onLine(line);
    });
  }
  child.ended = new Promise((resolve) => child.on('exit', (code, signal) => {
    children.delete(child);
    resolve({ code, signal });
  }));
  return child;
}

export async function end(child, signal = 'SIGTERM') {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  return child.ended;
}

// Asks again until `probe` gives something true; one generous cap marks a hang.
export async function until(what, probe, capMs = 60_000, everyMs = 50) {
  const give = Date.now() + capMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > give) throw new Error(`gave up after ${capMs} ms waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
