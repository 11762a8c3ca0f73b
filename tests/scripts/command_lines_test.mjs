// What the scripts start has no secret on its command line: every user of the machine may read it with `ps`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { project } from '../fault/lib/run.mjs';
import { watch } from './lib/watched.mjs';

const secret = 'canary-of-this-test';
const read = (...names) => fs.readFileSync(path.join(project, ...names), 'utf8');
const printEnvironment = '#!/bin/sh\nenv\n';
const absent = (lines, ...secrets) => { for (const each of secrets) assert.ok(!lines.includes(each), lines); };

// A script of the containers with its files in `dir`, and a secret in each of those named.
function here(dir, script, secrets) {
  for (const name of secrets) fs.writeFileSync(path.join(dir, name), `${secret}-${name}`);
  const text = read('config/compose', script).replaceAll('/run/secrets', dir).replaceAll('/var/lib/rabbitmq', dir)
    .replaceAll('/etc/tidings/definitions.json', path.join(project, 'config/rabbitmq/definitions.json'));
  fs.writeFileSync(path.join(dir, script), text, { mode: 0o755 });
  return path.join(dir, script);
}

test("the watch sees a secret on a program's command line", (t) => {
  const { run } = watch(t);
  assert.match(run('/bin/sh', ['-c', `echo x | sed "s/x/${secret}/"`]).lines, new RegExp(`^sed s/x/${secret}/`, 'm'));
});

test("RabbitMQ's definitions get their passwords, and nobody else sees them", (t) => {
  const { dir, run } = watch(t, { chown: '#!/bin/sh\n', 'docker-entrypoint.sh': '#!/bin/sh\necho "began $*"\n' });
  const { status, stdout, stderr, lines } = run(here(dir, 'rabbitmq-entrypoint', ['rabbitmq_password', 'rabbitmq_monitor_password']), []);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'began rabbitmq-server\n');
  const file = path.join(dir, 'definitions.json');
  const { users } = JSON.parse(fs.readFileSync(file, 'utf8'));
  assert.deepEqual(users.map(({ name, password }) => [name, password]), [['tidings', `${secret}-rabbitmq_password`], ['tidings_monitor', `${secret}-rabbitmq_monitor_password`]]);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.match(lines, /^sed /m);
  absent(lines, secret);
});

test('RabbitMQ does not begin without a password', (t) => {
  const { dir, run } = watch(t, { 'docker-entrypoint.sh': '#!/bin/sh\necho began\n' });
  const { status, stdout } = run(here(dir, 'rabbitmq-entrypoint', ['rabbitmq_password']), []);
  assert.notEqual(status, 0);
  assert.equal(stdout, '');
});

test("PostgreSQL's roles get their passwords in psql's environment", (t) => {
  const { dir, run } = watch(t, { psql: printEnvironment });
  const { stdout, lines } = run(here(dir, 'postgres-roles', ['postgres_owner_password', 'postgres_worker_password']), [], { POSTGRES_USER: 'u', POSTGRES_DB: 'd' });
  assert.match(stdout, new RegExp(`^TIDINGS_OWNER_PASSWORD=${secret}-postgres_owner_password$`, 'm'));
  assert.match(lines, /^psql /m);
  absent(lines, secret);
});

test("a worker's container hands its secrets on in the environment", (t) => {
  const { dir, run } = watch(t);
  const names = { TIDINGS_AMQP_URL: 'amqp_url', TIDINGS_PG_URL: 'pg_url', TWILIO_AUTH_TOKEN: 'token', SMTP_PASSWORD: 'smtp' };
  const files = Object.entries(names).map(([name, file]) => [`${name}_FILE`, path.join(dir, file)]);
  const { stdout, lines } = run(here(dir, 'entrypoint', Object.values(names)), ['env'], Object.fromEntries(files));
  for (const [name, file] of Object.entries(names)) assert.ok(stdout.includes(`${name}=${secret}-${file}\n`), name);
  assert.match(lines, /^env /m);
  absent(lines, secret);
});

test('passwords are made without showing one', (t) => {
  const { dir, run } = watch(t);
  const services = ['rabbitmq', 'postgres', 'setup', 'worker'].map((name) => path.join(dir, 'for', name));
  for (const each of [path.join(dir, 'all'), ...services]) fs.mkdirSync(each, { recursive: true });
  const { status, lines } = run(path.join(project, 'config/compose/make-secrets'), [path.join(dir, 'all'), path.join(dir, 'for')]);
  assert.equal(status, 0);
  const made = fs.readdirSync(path.join(dir, 'all')).map((name) => fs.readFileSync(path.join(dir, 'all', name), 'utf8'));
  assert.ok(made.length >= 8);
  assert.match(lines, /^od /m);
  absent(lines, ...made);
});

test('the demo asks the database with the password in the environment', (t) => {
  const { run } = watch(t, { psql: '#!/bin/sh\nenv >&2\nexit 1\n' });
  const { status, stderr, lines } = run(process.execPath, [path.join(project, 'scripts/lib/demo.mjs')], { TIDINGS_PG_URL: `postgresql://u:${secret}@127.0.0.1:1/d` });
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`PGPASSWORD=${secret}`));
  assert.match(lines, /^psql .* -d postgresql:\/\/u@127\.0\.0\.1:1\/d /m);
  absent(lines, secret);
});

for (const script of ['enqueue', 'replay-dlq']) {
  test(`scripts/${script} hands the addresses on in the environment`, (t) => {
    const { dir, run } = watch(t);
    const program = path.join(dir, 'workers/tidings/tidings');
    fs.mkdirSync(path.dirname(program), { recursive: true });
    fs.writeFileSync(program, '#!/bin/sh\ntr "\\0" " " </proc/$$/cmdline\nenv\n', { mode: 0o755 });
    const { stdout, lines } = run(path.join(project, 'scripts', script), ['--type', 'comment'], { TIDINGS_BIN: dir, TIDINGS_AMQP_URL: `amqp://u:${secret}@h/v` });
    const [commandLine, ...environment] = stdout.split('\n');
    assert.match(commandLine, /--type comment/);
    assert.ok(environment.join('\n').includes(secret));
    absent(lines + commandLine, secret);
  });
}

// --- what is told to people

const revealing = [
  [/\b(add_user|change_password)\s+\S+\s+[^\s<>|&;)`]/, 'rabbitmqctl add_user tidings PASSWORD'],
  [/--arg(json)?\s+\S*(password|secret|token)/i, "jq --arg password PASSWORD '.users[].password = $password'"],
  [/\b(psql|pg_dump|pg_restore)\b.*:\/\/[^\s:@/]+:[^\s@]+@/, 'psql -d postgresql://u:secret@h/d'],
  [/\b(psql|pg_dump|pg_restore)\b.*\$\{?\w*PG_URL/, 'psql -d "$TIDINGS_PG_URL"'],
  [/\bcurl\b.*\s(-u|--user)[ =]\S+:\S/, 'curl -u tidings:secret http://h/'],
  [/\bcurl\b.*(\$\{?\w*_API\b|:\/\/[^\s:@/]+:[^\s@]+@)/, 'curl "$TIDINGS_RABBITMQ_API/queues"'],
  [/\b(sed|awk|jq|curl)\b[^|]*\$\(\s*(cat\s|<)[^)]*(password|secret|token)/i, 'sed "s/@PASSWORD@/$(cat /run/secrets/rabbitmq_password)/" x'],
];

test('no page and no script tells a command with a secret in it', () => {
  const inside = (dir) => fs.readdirSync(path.join(project, dir), { recursive: true }).map((name) => path.join(dir, name));
  const files = ['README.md', 'compose.yaml', 'Dockerfile', ...['docs', 'config', 'scripts'].flatMap(inside)].filter((name) => fs.statSync(path.join(project, name)).isFile());
  const told = files.flatMap((name) => read(name).split('\n').filter((line) => revealing.some(([pattern]) => pattern.test(line))).map((line) => `${name}: ${line.trim()}`));
  assert.deepEqual(told, []);
  for (const [pattern, example] of revealing) assert.match(example, pattern);
});
