// Secrets that are planted where an operator keeps secrets, and a look at every place where none may turn up.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { sql } from '../../fault/lib/stack.mjs';
import { foundIn } from './disguises.mjs';
import { tidings } from './world.mjs';

const mark = 'canary';

// Of all processes of the machine, as `ps` shows them; the kernel's own have none.
function commandLines() {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => {
    try { return [Number(pid), fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')]; } catch { return [0, '']; } // it has just ended
  });
  return new Map(lines.filter(([, line]) => line !== ''));
}

export class Canaries {
  secrets = new Map();

  // A secret of that name; letters and digits only, so that it is the same in a URL, in JSON and in base64's alphabet.
  plant(name) { return this.know(name, `${mark}${randomBytes(12).toString('hex')}`); }
  know(name, secret) { this.secrets.set(name, secret); return secret; }

  // Each line of a PEM key is a secret, and so is its JSON form.
  knowKey(name, pem) {
    for (const [i, line] of pem.split('\n').entries()) if (/^[A-Za-z0-9+/=]{20,}$/.test(line)) this.know(`${name}, line ${i}`, line);
  }

  absentFrom(what, text, secrets = this.secrets) {
    assert.ok(text.length > 0, `there is something in ${what}`);
    for (const [name, secret] of secrets) assert.equal(foundIn(text, secret), undefined, `${name} is in ${what}`);
  }

  async absentFromWorld(world) {
    for (const file of fs.readdirSync(world.dir).filter((name) => name.endsWith('.log'))) {
      this.absentFrom(file, fs.readFileSync(path.join(world.dir, file), 'utf8'));
    }
    this.absentFrom('the journal', String(await sql(`select l::text from tidings.log l where notification_id like '${world.tag}-%'`)));
    for (const words of [['dlq', 'list'], ['dlq', 'show', '--limit', '100'], ['dlq', 'export'], ['check'], ['setup']]) {
      const type = words[0] === 'dlq' ? ['--type', world.type()] : [];
      const { out, err } = await tidings(world, ...words, ...type);
      this.absentFrom(`tidings ${words.join(' ')}`, out + err);
    }
  }

  // What every user of the machine may read of a process, and what it answers to anybody. The sandbox's own credentials are
  // the same everywhere, so another process may well have them.
  async absentFromProcess(worker) {
    const lines = commandLines(), planted = [...this.secrets].filter(([, secret]) => secret.startsWith(mark));
    this.absentFrom('its command line', lines.get(worker.pid));
    for (const [pid, line] of lines) this.absentFrom(`the command line of ${pid}: ${line.split('\0')[0]}`, line, planted);
    this.absentFrom('its metrics', await (await fetch(`${worker.http}/metrics`)).text());
    this.absentFrom('/readyz', await (await fetch(`${worker.http}/readyz`)).text());
  }
}
