// A server that nobody vouches for, in the place of each server we know: it gets a handshake and nothing more.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { end, until } from '../fault/lib/run.mjs';
import { amqpUrl, pgUrl, sql } from '../fault/lib/stack.mjs';
import { edit, tidings } from './lib/world.mjs';

// Speaks TLS with a certificate of its own making; `upgrade` is what the client is told before that.
async function impostor(t, dir, upgrade) {
  const [key, cert] = ['key', 'cert'].map((name) => path.join(dir, `impostor.${name}`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const context = { key: fs.readFileSync(key), cert: fs.readFileSync(cert), ALPNProtocols: ['h2', 'http/1.1'] };
  const heard = { connections: 0, bytes: 0 };
  const secure = (socket) => {
    const inner = new tls.TLSSocket(socket, { ...context, isServer: true });
    inner.on('data', (chunk) => { heard.bytes += chunk.length; }).on('error', () => {});
  };
  const server = net.createServer((socket) => {
    ++heard.connections;
    socket.on('error', () => {});
    if (upgrade) upgrade(socket, () => secure(socket)); else secure(socket);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  return { heard, port: server.address().port };
}

// PostgreSQL's request for TLS is eight bytes, answered with one.
const postgres = (socket, secure) => socket.once('data', () => { socket.write('S'); secure(); });
function starttls(socket, secure) {
  socket.write('220 localhost ESMTP\r\n');
  socket.on('data', (chunk) => {
    if (chunk.toString().startsWith('EHLO')) socket.write('250-localhost\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n');
    if (!chunk.toString().startsWith('STARTTLS')) return;
    socket.removeAllListeners('data');
    socket.write('220 go\r\n');
    secure();
  });
}

async function worldOf(t) {
  const world = await makeWorld({ types: { note: { channels: ['push', 'email', 'sms'], attempts: 2 } } });
  t.after(() => closeWorld(world));
  return world;
}

test('a database or broker with a foreign certificate gets no password', { timeout: 60_000 }, async (t) => {
  const world = await worldOf(t);
  const text = fs.readFileSync(world.config, 'utf8');
  const database = await impostor(t, world.dir, postgres), broker = await impostor(t, world.dir);
  edit(world.config, pgUrl(), `postgresql://u:secret@localhost:${database.port}/tidings?sslmode=verify-full&sslrootcert=${world.sandbox.info.caFile}`);
  const asked = await tidings(world, 'status', 'x');
  assert.equal(asked.code, 3);
  assert.match(asked.err, /certificate/i);
  fs.writeFileSync(world.config, text);
  edit(world.config, amqpUrl(), `amqps://u:secret@localhost:${broker.port}/tidings`);
  const listed = await tidings(world, 'dlq', 'list');
  assert.notEqual(listed.code, 0);
  assert.match(listed.err, /certificate/i);
  for (const { heard } of [database, broker]) {
    assert.ok(heard.connections > 0);
    assert.equal(heard.bytes, 0);
  }
});

// 0.0.0.0 is this machine, too, but nothing says so: it stands for another one. No session here has TLS.
test('what crosses a network in the clear is said, also where the environment decides it', { timeout: 60_000 }, async (t) => {
  const world = await worldOf(t);
  const all = async (name, env, ...expected) => {
    const worker = await startWorker(world, name, [], env);
    await end(worker);
    const told = worker.tail.filter((line) => line.includes('"exposed"')).map((line) => JSON.parse(line).note);
    assert.equal(told.length, expected.length, `${name}: ${told.join('\n')}`);
    for (const [i, pattern] of expected.entries()) assert.match(told[i], pattern);
  };
  const session = /^postgres: the session with 0\.0\.0\.0 is not encrypted/;
  await all('local', {});
  await all('hostaddr', { PGHOSTADDR: '0.0.0.0' }, session);
  edit(world.config, '@127.0.0.1', '@0.0.0.0');
  await all('broker', {}, /^amqp\.urls: .* 0\.0\.0\.0 in the clear/);
  edit(world.config, '@0.0.0.0', '@127.0.0.1');
  edit(world.config, pgUrl(), `${pgUrl().replace(/@[^/]*/, '@')}?port=${new URL(pgUrl()).port}`);
  await all('unnamed', { PGHOST: '0.0.0.0' }, /^postgres\.url: .*PGHOST or a service/, session);
  assert.match((await tidings(world, 'check')).err, /^warning: postgres\.url: .*PGHOST or a service/m);
});

test('a provider with a foreign certificate gets no credentials and no message', { timeout: 60_000 }, async (t) => {
  const world = await worldOf(t);
  const https = await impostor(t, world.dir), relay = await impostor(t, world.dir, starttls);
  const { info } = world.sandbox;
  fs.writeFileSync(world.config, fs.readFileSync(world.config, 'utf8').replaceAll(info.http, `https://localhost:${https.port}`).replace(`port: ${info.ports.smtp}`, `port: ${relay.port}`));
  await addUsers(world, ['u'], { email: true, sms: true });
  await startWorker(world);
  await publish(world, [message(world, 1, 'u')]);
  const errors = await until('each refusal', async () => {
    const rows = await sql(`select channel, error from tidings.deliveries where notification_id = '${world.tag}-1' and error is not null`);
    return rows.length === 3 && rows;
  });
  for (const [channel, error] of errors) assert.match(error, /certificate|SSL|TLS/i, channel);
  assert.ok(https.heard.connections >= 2 && relay.heard.connections >= 1);
  assert.equal(https.heard.bytes + relay.heard.bytes, 0);
});
