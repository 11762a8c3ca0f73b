// Planted secrets: after good days and bad ones, none is in a log, the journal, a dead letter, a metric, a command's output or `ps`.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { binaries, end, start, until } from '../fault/lib/run.mjs';
import { amqpUrl, pgUrl, stack } from '../fault/lib/stack.mjs';
import { Canaries } from './lib/canaries.mjs';
import { crash } from './lib/crash.mjs';
import { makePasswordRole } from './lib/password_role.mjs';
import { become, edit, logged, tidings } from './lib/world.mjs';

const vhost = () => decodeURIComponent(new URL(amqpUrl()).pathname.slice(1));

// A world whose credentials are planted; the broker knows its user, PostgreSQL takes any password on this stack.
async function begin(t) {
  const world = await makeWorld({ types: { note: { channels: ['push', 'email', 'sms'], attempts: 2 } } });
  const canaries = world.canaries = new Canaries();
  t.after(() => closeWorld(world));
  t.after(() => stack('rabbitmqctl', '-q', 'delete_user', world.tag));
  const { fcm, twilio, smtp } = world.sandbox.info;
  canaries.knowKey("FCM's private key", JSON.parse(fs.readFileSync(fcm.serviceAccountFile, 'utf8')).private_key);
  canaries.know('the Twilio token', twilio.authToken);
  canaries.know('the SMTP password', smtp.password);
  const [broker, database] = [new URL(amqpUrl()), new URL(pgUrl())];
  broker.username = world.tag;
  broker.password = canaries.plant("RabbitMQ's password");
  database.password = canaries.plant("PostgreSQL's password");
  await stack('rabbitmqctl', '-q', 'add_user', world.tag, broker.password);
  await stack('rabbitmqctl', '-q', 'set_permissions', '-p', vhost(), world.tag, '.*', '.*', '.*');
  edit(world.config, amqpUrl(), world.amqp = broker.href);
  edit(world.config, pgUrl(), world.pg = database.href);
  edit(world.config, 'level: info', 'level: debug');
  await addUsers(world, ['u'], { email: true, sms: true });
  return world;
}

// A worker that can't begin, with a configuration and a log of its own.
function failing(world, name, text) {
  const config = path.join(world.dir, `${name}.yaml`), log = path.join(world.dir, `${name}.log`);
  fs.writeFileSync(config, text);
  fs.writeFileSync(log, '');
  const child = start(path.join(binaries, 'workers/worker/tidings-worker'), ['--config', config, '--name', name], { onLine: (line) => fs.appendFileSync(log, `${line}\n`) });
  world.workers.push(child);
  return child;
}

test('credentials that work show up nowhere', { timeout: 120_000 }, async (t) => {
  const world = await begin(t);
  const worker = await startWorker(world);
  await publish(world, [message(world, 1, 'u'), message(world, 2, 'nobody')]);
  await become(world, { sent: 3, 'skipped/no_address': 3 });
  await world.canaries.absentFromProcess(worker);
  await world.canaries.absentFromWorld(world);
});

test('credentials that are refused, and echoed by who refuses them, show up nowhere', { timeout: 180_000 }, async (t) => {
  const world = await begin(t);
  const { canaries, sandbox } = world;
  const [token, wrongTwilio, wrongSmtp] = ['an access token', 'a wrong Twilio token', 'a wrong SMTP password'].map((name) => canaries.plant(name));
  await sandbox.fault({ match: { provider: 'fcm-token' }, times: 'always', answer: { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } } });
  await sandbox.fault({ match: { provider: 'fcm' }, times: 'always', answer: { status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED', message: `no such token: ${token}` } } } });
  await sandbox.fault({ match: { provider: 'twilio' }, times: 'always', answer: { status: 401, body: { code: 20003, status: 401, message: `Authenticate ${wrongTwilio}` } } });
  edit(world.config, sandbox.info.twilio.authToken, wrongTwilio);
  edit(world.config, sandbox.info.smtp.password, wrongSmtp);
  const worker = await startWorker(world);
  await publish(world, [message(world, 1, 'u')]);
  const deferred = await until('each refusal', async () => {
    const { out } = await tidings(world, 'status', `${world.tag}-1`);
    return (out.match(/deferred|dead/g) ?? []).length >= 3 && out;
  }, 60_000, 300);
  canaries.absentFrom('tidings status', deferred);
  await canaries.absentFromProcess(worker);
  await canaries.absentFromWorld(world);
});

test('servers that refuse the login or the handshake make nobody tell the password', { timeout: 180_000 }, async (t) => {
  const world = await begin(t);
  const wrong = world.canaries.plant('a wrong password');
  const { host } = new URL(pgUrl());
  const role = await makePasswordRole(world.tag, world.canaries.plant("a role's password"));
  t.after(() => role.remove());
  const settings = [
    ['wrong_password', [world.amqp, amqpUrl().replace(/:[^:@/]*@/, `:${wrong}@`)]],
    ['wrong_database_password', [world.pg, role.url(wrong)]],
    ['no_tls_broker', [world.amqp, world.amqp.replace('amqp:', 'amqps:')]],
    ['no_tls_database', [world.pg, `${world.pg}?sslmode=require`]],
    ['no_role', [world.pg, `postgresql://nobody:${wrong}@${host}/tidings`]],
    // None of these is an address; each is a password typed as it is into one.
    ['percent', [world.pg, `postgresql://u:${wrong}%zz@${host}/tidings`]],
    ['slash', [world.pg, `postgresql://u:${wrong}/@${host}/tidings`]],
    ['at', [world.pg, `postgresql://u:x@${wrong}@${host}/tidings`]],
    ['bracket', [world.pg, `postgresql://u:${wrong}@[::1/tidings`]],
    ['broker_slash', [world.amqp, `amqp://u:${wrong}/@127.0.0.1/x`]],
    ['broker_percent', [world.amqp, `amqp://u:${wrong}%zz@127.0.0.1/x`]],
    ['key_content', ['service_account_file: "', `service_account: "${wrong}`]],
    ['token_list', ['auth_token: "', `auth_token: ["${wrong}"], x: "`]],
  ];
  const text = fs.readFileSync(world.config, 'utf8');
  const workers = settings.map(([name, [from, to]]) => {
    assert.ok(text.includes(from), from);
    return failing(world, name, text.replace(from, to));
  });
  for (const [name] of settings) {
    for (const words of [['check'], ['status', 'x'], ['dlq', 'list']]) {
      const { out, err } = await tidings({ config: path.join(world.dir, `${name}.yaml`) }, ...words);
      world.canaries.absentFrom(`tidings ${words[0]} with ${name}`, out + err);
      if (name === 'wrong_database_password' && words[0] === 'status') assert.match(err, /password authentication failed/);
    }
  }
  for (const [i, [name]] of settings.entries()) {
    // At once, though it waits a minute for a server that is not there yet.
    await until(`the worker with ${name} to say why`, () => fs.statSync(path.join(world.dir, `${name}.log`)).size > 0, 15_000);
    await end(workers[i], 'SIGKILL');
    world.canaries.absentFrom(`the log with ${name}`, fs.readFileSync(path.join(world.dir, `${name}.log`), 'utf8'));
  }
});

const nobody = 65534;
const onlyRoot = process.getuid() !== 0 && 'only root can start a process of another user';

// So that a worker of another user can read its configuration.
function openToOthers(world) {
  for (const dir of ['', 'sandbox', 'templates']) fs.chmodSync(path.join(world.dir, dir), 0o755);
  fs.cpSync(world.sandbox.info.fcm.serviceAccountFile, path.join(world.dir, 'account.json'));
  fs.chmodSync(path.join(world.dir, 'account.json'), 0o644);
  edit(world.config, world.sandbox.info.fcm.serviceAccountFile, path.join(world.dir, 'account.json'));
}

// The kernel gives the files of a process that leaves no core to root: nobody else may read its environment or its memory.
test('the environment of a worker is for root alone', { timeout: 60_000, skip: onlyRoot }, async (t) => {
  const world = await begin(t);
  openToOthers(world);
  const ownerWith = async (env) => {
    let started;
    const begun = new Promise((resolve) => { started = resolve; });
    const child = start('setpriv', [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', path.join(binaries, 'workers/worker/tidings-worker'), '--config', world.config],
      { env, onLine: (line) => { if (line.includes('"started"')) started(JSON.parse(line)); } });
    world.workers.push(child);
    const { http_port: port } = await Promise.race([begun, child.ended.then(() => { throw new Error(child.tail.join('\n')); })]);
    const { uid } = fs.statSync(`/proc/${child.pid}/environ`);
    const descriptors = Number(/^tidings_process_open_fds (\d+)/m.exec(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())[1]);
    await end(child, 'SIGKILL');
    assert.ok(descriptors > 5, 'it can still count its own descriptors');
    return uid;
  };
  assert.equal(await ownerWith({}), 0);
  assert.equal(await ownerWith({ TIDINGS_CORE_DUMPS: '1' }), nobody);
});

test('neither program leaves a core when it crashes', { timeout: 120_000, skip: onlyRoot }, async (t) => {
  const world = await begin(t);
  openToOthers(world);
  const ordinary = { user: nobody, ready: (pid) => fs.statSync(`/proc/${pid}/environ`).uid === nobody };
  if ((await crash(world.dir, ['/bin/sleep', '60'], ordinary)).how !== 'signal 11, core 1') return t.skip('this machine leaves no cores');
  const programs = { worker: ['workers/worker/tidings-worker'], 'command line': ['workers/tidings/tidings', 'enqueue'] };
  for (const [name, [program, ...words]] of Object.entries(programs)) {
    const command = [path.join(binaries, program), ...words, '--config', world.config];
    const closed = await crash(world.dir, command, { user: nobody, ready: (pid) => fs.statSync(`/proc/${pid}/environ`).uid === 0 });
    assert.deepEqual(closed, { how: 'signal 11, core 0', files: [] }, name);
    const asked = await crash(world.dir, command, { ...ordinary, env: { TIDINGS_CORE_DUMPS: '1' } });
    assert.equal(asked.how, 'signal 11, core 1', `the ${name}, asked for a core`);
  }
});
