// Which service of compose.yaml gets which secrets.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { project } from '../fault/lib/run.mjs';

const program = path.join(project, 'config/compose/make-secrets');
const services = ['rabbitmq', 'postgres', 'setup', 'worker'];

function place(t) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-secrets-'));
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const at = { all: path.join(root, 'all'), given: path.join(root, 'for') };
  fs.mkdirSync(at.all);
  for (const service of services) fs.mkdirSync(path.join(at.given, service), { recursive: true });
  return { ...at, make: () => spawnSync('sh', [program, at.all, at.given], { encoding: 'utf8', timeout: 60_000 }) };
}
const filesOf = (dir) => Object.fromEntries(fs.readdirSync(dir).sort().map((name) => [name, fs.readFileSync(path.join(dir, name), 'utf8')]));
const given = (at) => Object.fromEntries(services.map((service) => [service, filesOf(path.join(at.given, service))]));

test('each service gets what it needs and nothing else', (t) => {
  const at = place(t);
  assert.equal(at.make().status, 0);
  const sandbox = ['sandbox_smtp_password', 'sandbox_twilio_token'];
  const names = Object.fromEntries(Object.entries(given(at)).map(([service, files]) => [service, Object.keys(files)]));
  assert.deepEqual(names, {
    rabbitmq: ['rabbitmq_monitor_password', 'rabbitmq_password'],
    postgres: ['postgres_owner_password', 'postgres_password', 'postgres_worker_password'],
    setup: ['amqp_url', 'pg_owner_url', ...sandbox],
    worker: ['amqp_url', 'pg_worker_url', ...sandbox],
  });
});

test("what a worker has tells neither the owner's password, nor the superuser's, nor the monitor's", (t) => {
  const at = place(t);
  at.make();
  const { worker, postgres, rabbitmq } = given(at);
  const texts = Object.values(worker).join('\n');
  assert.ok(texts.includes(postgres.postgres_worker_password));
  for (const name of ['postgres_owner_password', 'postgres_password']) assert.ok(!texts.includes(postgres[name]), name);
  assert.ok(!texts.includes(rabbitmq.rabbitmq_monitor_password));
});

test('a second run changes nothing', (t) => {
  const at = place(t);
  at.make();
  const before = given(at);
  assert.equal(at.make().status, 0);
  assert.deepEqual(given(at), before);
});

test('what was brought is used', (t) => {
  const at = place(t);
  fs.writeFileSync(path.join(at.all, 'rabbitmq_password'), 'our-own\n');
  fs.writeFileSync(path.join(at.all, 'pg_worker_url'), 'postgresql://w:x@db.example.com/tidings');
  assert.equal(at.make().status, 0);
  const { worker, setup } = given(at);
  assert.equal(worker.amqp_url, 'amqp://tidings:our-own@rabbitmq:5672/tidings');
  assert.equal(worker.pg_worker_url, 'postgresql://w:x@db.example.com/tidings');
  assert.equal(setup.amqp_url, worker.amqp_url);
});

test('a password that would break an address is refused', (t) => {
  const at = place(t);
  fs.writeFileSync(path.join(at.all, 'postgres_password'), 'a/b');
  const { status, stderr } = at.make();
  assert.equal(status, 1);
  assert.match(stderr, /postgres_password: found a character .*, expected letters, digits/);
});

test('only the service that makes them has them all', () => {
  const compose = fs.readFileSync(path.join(project, 'compose.yaml'), 'utf8');
  const mounts = [...compose.matchAll(/(?:- |')(secrets:\/[^\s']*)/g)].map(([, mount]) => mount);
  assert.deepEqual(mounts, ['secrets:/secrets/all']);
});
