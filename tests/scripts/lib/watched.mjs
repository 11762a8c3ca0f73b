// Runs a program so that the command line of each one that it starts by name is written down.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// Stands in for every program, tells of itself and becomes the real one, or the test's.
const shim = `#!/bin/sh
{ printf '%s ' "\${0##*/}" "$@"; echo; } >>"$WATCHED/lines"
for dir in "$WATCHED/fakes" /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
  [ ! -x "$dir/\${0##*/}" ] || exec "$dir/\${0##*/}" "$@"
done
`;

// `fakes`: programs of the test's own, {name: text}. run() gives {status, stdout, stderr, lines}; `dir` is for files.
export function watch(t, fakes = {}) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-watched-'));
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const [bin, own, dir] = ['bin', 'fakes', 'dir'].map((name) => path.join(root, name));
  for (const each of [bin, own, dir]) fs.mkdirSync(each);
  for (const [name, text] of Object.entries(fakes)) fs.writeFileSync(path.join(own, name), text, { mode: 0o755 });
  fs.writeFileSync(path.join(root, 'shim'), shim, { mode: 0o755 });
  const names = [own, '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin'].flatMap((each) => fs.readdirSync(each));
  for (const name of new Set(names)) fs.symlinkSync('../shim', path.join(bin, name));
  const run = (file, args, env = {}) => {
    const { status, stdout, stderr } = spawnSync(file, args, { env: { PATH: bin, WATCHED: root, ...env }, cwd: dir, encoding: 'utf8', timeout: 60_000 });
    const lines = fs.existsSync(path.join(root, 'lines')) ? fs.readFileSync(path.join(root, 'lines'), 'utf8') : '';
    return { status, stdout, stderr, lines };
  };
  return { dir, run };
}
