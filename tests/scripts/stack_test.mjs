// scripts/stack deletes and reads only directories that it made. No server is started here.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { project } from '../fault/lib/run.mjs';

const program = path.join(project, 'scripts/stack');
const settings = 'amqp_port=5999\npg_port=5998\nqueue_type=quorum\nmanagement=\n';

function stack(command, dir) {
  const { status, stderr, stdout } = spawnSync(program, [command, '--dir', dir], { encoding: 'utf8', timeout: 60_000 });
  return { status, stderr, stdout };
}
function place(t, files = {}) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-stack-'));
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const dir = path.join(root, 'dir');
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    fs.writeFileSync(path.join(dir, name), text);
  }
  return dir;
}
const contents = (dir) => fs.readdirSync(dir, { recursive: true }).sort();

for (const command of ['start', 'stop', 'clean', 'status', 'env', 'kill-rabbit', 'kill-postgres', 'start-rabbit', 'start-postgres', 'rabbitmqctl', 'psql']) {
  test(`${command} refuses a directory of somebody else, and changes nothing in it`, (t) => {
    const dir = place(t, { 'photo.jpg': 'x', 'settings/mine': 'y', 'run/rabbit.pid': '1 1\n' });
    const before = contents(dir);
    const { status, stderr } = stack(command, dir);
    assert.equal(status, 2);
    assert.match(stderr, /found something that scripts\/stack did not make, expected a directory of its own/);
    assert.deepEqual(contents(dir), before);
  });
}

test("somebody else's file of the name settings is not run", (t) => {
  const dir = place(t);
  const proof = `${dir}-was-run`;
  fs.mkdirSync(dir);
  fs.writeFileSync(path.join(dir, 'settings'), `${settings}touch '${proof}'\n`);
  assert.equal(stack('env', dir).status, 2);
  assert.equal(fs.existsSync(proof), false);
});

test('clean and stop have nothing to do where nothing is', (t) => {
  const dir = place(t);
  for (const command of ['clean', 'stop']) assert.deepEqual(stack(command, dir), { status: 0, stderr: '', stdout: '' });
  assert.equal(fs.existsSync(dir), false);
  fs.mkdirSync(dir);
  for (const command of ['clean', 'stop']) assert.deepEqual(stack(command, dir), { status: 0, stderr: '', stdout: '' });
  assert.deepEqual(contents(dir), []);
});

test('the others say that there is no stack', (t) => {
  const { status, stderr } = stack('env', place(t));
  assert.equal(status, 1);
  assert.match(stderr, /found no stack; 'start' makes one/);
});

test('clean deletes a stack, also one whose start or clean was interrupted', (t) => {
  for (const files of [{ settings }, { settings, 'run/x': '', 'rabbit/db/y': '' }, { settings, 'settings.new.7': 'amqp' }]) {
    const dir = place(t, files);
    assert.equal(stack('clean', dir).status, 0);
    assert.equal(fs.existsSync(dir), false);
  }
});
