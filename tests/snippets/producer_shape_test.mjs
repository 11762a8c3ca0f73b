// Apps that publish already go on as they are: amqplib, a queue declared as plainly as can be, priority as a property of the
// message. With the shipped configuration, in a vhost in which no worker and no `tidings setup` has been before.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import amqp from 'amqplib';
import { closeWorld, startWorker } from '../fault/lib/fixture.mjs';
import { binaries, output, project, until } from '../fault/lib/run.mjs';
import { amqpUrl, sql, stack } from '../fault/lib/stack.mjs';
import { startSandbox } from '../fault/lib/sandbox.mjs';

const queue = 'notifications.comment';
const each = 20;
const tag = `p${randomBytes(4).toString('hex')}`;
const recipient = (i) => `${tag}-${i % 5}`;
const tidings = (...args) => output(path.join(binaries, 'workers/tidings/tidings'), args);
const world = { workers: [], config: path.join(project, 'config/tidings.yaml') };
let sent = 0;

// An app, unchanged: no arguments, no confirms.
async function publish(count) {
  const connection = await amqp.connect(amqpUrl());
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: true });
  for (let i = 0; i < count; ++i) {
    const body = {
      id: `${tag}-${sent++}`, type: 'comment', recipient: recipient(i), title: 'New comment', message: 'Ada: Nice photo!',
      data: { actor: 'Ada', post: 'Nice photo', excerpt: 'How did you do this?', count: 1 }, priority: i % 10, createdAt: new Date().toISOString(),
    };
    channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), { persistent: true, priority: body.priority });
  }
  await channel.close();
  await connection.close();
}

// Each message arrived by push and by mail, once, and is written down as sent, in its priority.
async function arrived() {
  const expected = `${2 * sent} sent`;
  const states = async () => (await sql(`select count(*), state from tidings.deliveries where notification_id like '${tag}-%' group by state order by state`)).map((row) => row.join(' ')).join(', ');
  await until(`the deliveries to be ${expected}`, async () => await states() === expected, 30_000);
  const accepted = await world.sandbox.accepted();
  assert.equal(accepted.size, sent);
  assert.ok([...accepted.values()].every((times) => times === 2), 'one push and one mail each');
  const [[priorities]] = await sql(`select count(distinct priority) from tidings.deliveries where notification_id like '${tag}-%'`);
  assert.equal(Number(priorities), 10);
}

async function freshVhost(t, queueType) {
  const vhost = `${tag}-${randomBytes(2).toString('hex')}`;
  const shared = amqpUrl();
  const url = new URL(shared);
  await stack('rabbitmqctl', 'add_vhost', vhost, '--default-queue-type', queueType);
  t.after(async () => {
    for (const worker of world.workers.splice(0)) { worker.kill(); await worker.ended; }
    process.env.TIDINGS_AMQP_URL = shared;
    await stack('rabbitmqctl', 'delete_vhost', vhost);
  });
  await stack('rabbitmqctl', 'set_permissions', '-p', vhost, decodeURIComponent(url.username), '.*', '.*', '.*');
  url.pathname = `/${vhost}`;
  process.env.TIDINGS_AMQP_URL = url.href;
}

before(async () => {
  world.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-'));
  world.sandbox = await startSandbox(path.join(world.dir, 'sandbox'));
  const { fcm, smtp, http, ports, caFile } = world.sandbox.info;
  Object.assign(process.env, {
    FCM_ENABLED: 'true', FCM_SERVICE_ACCOUNT_FILE: fcm.serviceAccountFile, FCM_BASE_URL: http,
    SMTP_HOST: '127.0.0.1', SMTP_PORT: String(ports.smtp), SMTP_TLS: 'starttls', SMTP_CA_FILE: caFile,
    SMTP_USER: smtp.user, SMTP_PASSWORD: smtp.password, SMTP_FROM: smtp.from,
    TIDINGS_CONFIG: world.config, TIDINGS_HTTP_LISTEN: '127.0.0.1:0', TIDINGS_LOG_FORMAT: 'json',
  });
  await tidings('setup'); // the schema; its broker objects are in another vhost than the tests'
  const people = [0, 1, 2, 3, 4].map(recipient);
  await sql(`insert into tidings.recipients(id) values ${people.map((id) => `('${id}')`)};
    insert into tidings.addresses(recipient, channel, address)
    values ${people.map((id) => `('${id}','push','token-${id}'),('${id}','email','${id}@example.com')`)}`);
});
after(() => closeWorld(world));

for (const queueType of ['quorum', 'classic']) {
  test(`the app declares the queue, then the worker, then the app again (${queueType})`, { timeout: 120_000 }, async (t) => {
    await freshVhost(t, queueType);
    await publish(each);
    await startWorker(world);
    await arrived();
    await tidings('setup');
    await publish(each);
    await arrived();
  });

  test(`the worker declares the queue, then the app (${queueType})`, { timeout: 120_000 }, async (t) => {
    await freshVhost(t, queueType);
    await startWorker(world);
    await publish(each);
    await arrived();
  });
}
