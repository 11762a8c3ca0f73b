// Thousands of messages that nobody should send, through the whole pipeline: the worker lives, and each is accounted for.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { sql } from '../fault/lib/stack.mjs';
import { put, waiting } from './lib/broker.mjs';
import { mutant, nasties, randomFrom } from './lib/hostile.mjs';
import { become, tidings } from './lib/world.mjs';

const count = Number(process.env.TIDINGS_HOSTILE_MESSAGES ?? 3000);
const seed = Number(process.env.TIDINGS_HOSTILE_SEED ?? 20_251_121);
const atOnce = 32;
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/; // but the line feed, which output is cut at

async function begin(t, types = { note: { channels: ['push', 'email', 'sms'], attempts: 1 } }) {
  const world = await makeWorld({ types });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u'], { email: true, sms: true });
  world.queue = `notifications.${world.type()}`;
  return world;
}

// Every case is put with its number in a header.
async function putAll(world, bodies) {
  let next = 0;
  const lane = async () => {
    while (next < bodies.length) {
      const number = next++;
      await put(world.queue, bodies[number], { headers: { 'x-case': number } });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

// The dead letters as an admin exports them: by case, with their bytes.
async function lettersOf(world) {
  const { code, out, err } = await tidings(world, 'dlq', 'export', '--type', world.type());
  assert.equal(code, 0, err);
  return new Map(out.split('\n').filter(Boolean).map((line) => {
    const { properties, body, bodyBase64 } = JSON.parse(line);
    return [properties.headers['x-case'], { headers: properties.headers, bytes: bodyBase64 === undefined ? Buffer.from(body) : Buffer.from(bodyBase64, 'base64') }];
  }));
}

async function drained(world) {
  const open = `select count(*) from tidings.deliveries where notification_id like '${world.tag}-%' and state in ('sending', 'retrying')`;
  await until('everything to end', async () => {
    const [[left]] = await sql(open);
    return left === '0' && await waiting(world.queue) === 0 && await waiting(`${world.queue}.retry`) === 0;
  }, 120_000, 200);
}

// Each line is one event that a reader of logs can read, and none is forged.
function checkLog(world) {
  const text = fs.readFileSync(path.join(world.dir, 'w0.log'), 'utf8');
  const known = new Set(['started', 'sent', 'skipped', 'dead', 'retrying', 'deferred', 'duplicate', 'broker', 'configuration', 'database', 'partitions']);
  for (const line of text.split('\n').filter(Boolean)) {
    assert.doesNotMatch(line, controls);
    const event = JSON.parse(line);
    assert.ok(known.has(event.event), `an event of ours: ${line}`);
  }
}

test(`${count} mutants of a good message are all accounted for (seed ${seed})`, { timeout: 300_000 }, async (t) => {
  const world = await begin(t);
  const random = randomFrom(seed);
  const good = message(world, 'x', 'u');
  const bodies = Array.from({ length: count }, (_, i) => mutant(`${world.tag}-${i}`, good, random));
  const worker = await startWorker(world);
  await putAll(world, bodies);
  await drained(world);

  const rows = new Map((await sql(`select notification_id, string_agg(distinct state, ',') from tidings.deliveries where notification_id like '${world.tag}-%' group by 1`)));
  const letters = await lettersOf(world);
  const lost = bodies.map((_, i) => i).filter((i) => !letters.has(i) && !rows.has(`${world.tag}-${i}`));
  t.diagnostic(`${rows.size} with deliveries, ${letters.size} dead letters`);
  assert.deepEqual(lost.map((i) => bodies[i].toString('latin1').slice(0, 300)), []);
  for (const [number, { bytes, headers }] of letters) {
    assert.ok(bytes.equals(bodies[number]), `the bytes of case ${number}`);
    assert.ok(Buffer.byteLength(headers['x-tidings-error']) <= 512);
    assert.doesNotMatch(headers['x-tidings-error'], controls);
    if (['malformed', 'unknown_type'].includes(headers['x-tidings-reason'])) assert.match(headers['x-tidings-error'], /found .*expected/s);
  }
  assert.ok(rows.size > count / 10 && letters.size > count / 10, 'both kinds are there');
  assert.equal(worker.exitCode, null);
  checkLog(world);
  const metrics = await (await fetch(`${worker.http}/metrics`)).text();
  for (const line of metrics.split('\n').filter(Boolean)) assert.match(line, /^(# (HELP|TYPE) |[a-z_]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)*\})? [-+0-9.eInfNa]+$)/);
  for (const words of [['list'], ['show', '--limit', '100']]) { // what an admin's terminal gets
    const { code, out } = await tidings(world, 'dlq', ...words, '--type', world.type());
    assert.equal(code, 0);
    assert.doesNotMatch(out, controls);
  }
});

// What an app may write beside the body, our own headers and the broker's among it.
const forged = () => [
  ...[-1, 2 ** 53, 'x', true, [], {}, [[[]]]].flatMap((value) => ['attempt', 'not-before', 'deliveries', 'first-seen', 'replay', 'recheck', 'reason', 'dead-at', 'body-size', 'topic-after']
    .map((name) => ({ headers: { [`x-tidings-${name}`]: value } }))),
  { headers: { 'x-tidings-deliveries': ['push:of-somebody-else', 'nochannel', ':', 7] } }, { headers: { 'x-tidings-first-seen': '0000-01-01T00:00:00+23:59' } },
  { headers: { 'x-tidings-reason': '\u001b[31m\u009b', 'x-tidings-error': 'x'.repeat(60_000), 'x-tidings-channel': '\r\n' } },
  ...[-1, 2 ** 53, 'x', [{ time: 1, reason: {} }], [{ reason: 'rejected', time: 2 ** 53 }], [[]], {}].flatMap((value) => ['x-death', 'x-delivery-count', 'x-first-death-reason', 'traceparent', '\u001b[31m\u009b\r\n'].map((name) => ({ headers: { [name]: value } }))),
  { headers: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`h${i}`, i])) }, { headers: { a: JSON.parse('['.repeat(60) + ']'.repeat(60)) } },
  { timestamp: 0 }, { timestamp: 2 ** 53 }, { priority: 255 }, { content_type: 'text/html\r\n', content_encoding: 'gzip' }, { message_id: 'x'.repeat(255), correlation_id: '\u0000', reply_to: 'x', app_id: '\u001b[0m', type: '{{x}}' },
];

test('forged properties and headers change nothing for others', { timeout: 120_000 }, async (t) => {
  const world = await begin(t, { note: { attempts: 1 } });
  const worker = await startWorker(world);
  const cases = forged();
  await put(`${world.queue}.dead`, '['.repeat(100_000) + ']'.repeat(100_000)); // `show` ran out of stack
  for (const [i, properties] of cases.entries()) {
    const body = JSON.stringify(message(world, i, 'u'));
    await put(world.queue, body, properties);
    await put(`${world.queue}.dead`, body, properties);
  }
  await drained(world);
  for (const words of [['list'], ['show', '--limit', '1000'], ['export'], ['list', '--since', '1h'], ['replay', '--dry-run']]) {
    const { code, out, err } = await tidings(world, 'dlq', ...words, '--type', world.type());
    assert.equal(code, 0, err);
    if (words[0] !== 'export') assert.doesNotMatch(out, controls); // which is for a file and loses nothing
  }
  // A letter that says its body was larger than it is can't be told from one whose body was not kept: it alone stays.
  const { code, err } = await tidings(world, 'dlq', 'replay', '--type', world.type());
  const stays = cases.flatMap(({ headers }, i) => (Number.isInteger(headers?.['x-tidings-body-size']) && headers['x-tidings-body-size'] > 0 ? [`${world.tag}-${i}`] : []));
  assert.deepEqual(err.split('\n').filter((line) => line.includes('too large')).map((line) => line.match(/\S+-\d+(?=:)/)[0]), stays);
  assert.equal(code, 1);
  assert.doesNotMatch(err, controls);
  await drained(world);
  const rows = new Set((await sql(`select distinct notification_id from tidings.deliveries where notification_id like '${world.tag}-%'`)).map(([id]) => id));
  // One that is owed to nobody we know has nothing to record; the replay sends it, because then all is owed.
  assert.deepEqual(cases.filter((_, i) => !rows.has(`${world.tag}-${i}`)), []);
  const addresses = new Set((await world.sandbox.requests()).map(({ address }) => address));
  assert.deepEqual([...addresses], [`token-${world.user('u')}`], 'no header adds an address');
  assert.equal(worker.exitCode, null);
  checkLog(world);
});

// Each was to go on behind a subscriber that there can't be: its message was never done, or done with for nobody.
test('a forged place in a topic leaves nobody out and holds nothing up', { timeout: 120_000 }, async (t) => {
  const world = await begin(t, { note: {} });
  const { publishAll } = await import('../../scripts/lib/amqp.mjs');
  const topic = `${world.tag}-topic`;
  await sql(`insert into tidings.subscriptions (topic, recipient) values ('${topic}', '${world.user('u')}')`);
  const worker = await startWorker(world);
  const places = [Buffer.from([0xff]), Buffer.from('u\0'), 'z'.repeat(200)];
  await publishAll(process.env.TIDINGS_AMQP_URL, places.map((place, i) => {
    const { recipient, ...rest } = message(world, i, 'u');
    return { queue: world.queue, body: JSON.stringify({ ...rest, topic }), headers: { 'x-tidings-topic-after': place } };
  }));
  await become(world, { sent: places.length });
  assert.equal(await waiting(`${world.queue}.dead`), 0);
  assert.equal(worker.exitCode, null);
  checkLog(world);
});

test('whatever stands in a text stays text in each channel', { timeout: 120_000 }, async (t) => {
  const world = await begin(t);
  const texts = nasties.filter((text) => text.length < 500 && !/[\u0000\ufffd]/.test(text)); // no service takes a NUL; the sandbox takes U+FFFD for a damaged text
  const worker = await startWorker(world);
  const filled = (text, i) => message(world, i, 'u', { title: text, message: text, data: { actor: `a${text}`, post: text, excerpt: text, count: 1 }, collapseKey: undefined, actionUrl: text });
  await publish(world, texts.map(filled));
  await drained(world);

  await t.test('mail: no header and no recipient but ours, no live HTML', async () => {
    const mails = await world.sandbox.requests('&provider=smtp');
    assert.equal(mails.filter(({ accepted }) => accepted).length, texts.length);
    const ours = ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type', 'content-transfer-encoding', 'auto-submitted', 'x-notification-id', 'x-tidings-delivery'];
    for (const { body: { to, headers, html } } of mails) {
      assert.deepEqual(to, [`${world.user('u')}@example.com`]);
      assert.deepEqual(Object.keys(headers).filter((name) => !ours.includes(name)), []);
      assert.doesNotMatch(html, /<script|<img|href="(javascript|[^"]*evil)/);
    }
  });
  await t.test('push and SMS: accepted by services that refuse what is not well-formed', async () => {
    for (const provider of ['fcm', 'twilio']) {
      assert.deepEqual((await world.sandbox.requests(`&provider=${provider}&accepted=false`)).map(({ why }) => why), []);
      assert.equal((await world.sandbox.count(`&provider=${provider}`)).count, texts.length);
    }
  });
  const [[tables]] = await sql(`select count(*) from pg_tables where schemaname = 'tidings'`);
  assert.ok(Number(tables) >= 6, 'no table was dropped');
  assert.equal(worker.exitCode, null);
  checkLog(world);
});

test('a template that never ends and one that grows without end are template errors', { timeout: 60_000 }, async (t) => {
  const world = await begin(t, { note: { attempts: 1 } });
  const dir = path.join(world.dir, 'templates');
  fs.writeFileSync(path.join(dir, '_partials/again.mustache'), '{{>again}}{{>again}}\n');
  fs.writeFileSync(path.join(dir, 'note/push.title.mustache'), '{{#loop}}{{>again}}{{/loop}}{{^loop}}t{{/loop}}\n');
  fs.writeFileSync(path.join(dir, 'note/push.body.mustache'), '{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}xxxxxxxxxx{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}b\n');
  const worker = await startWorker(world);
  const a = Array.from({ length: 60 }, () => 1);
  await publish(world, [message(world, 'loop', 'u', { data: { loop: true } }), message(world, 'bomb', 'u', { data: { a } }), message(world, 'good', 'u', { data: {} })]);
  await become(world, { 'dead/template_error': 2, sent: 1 });
  assert.equal(worker.exitCode, null);
});

test('bodies far over the limit are dead letters, and memory stays bounded', { timeout: 240_000 }, async (t) => {
  const world = await begin(t, { note: {} });
  const { publishAll } = await import('../../scripts/lib/amqp.mjs');
  const worker = await startWorker(world);
  const resident = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${worker.pid}/status`, 'utf8'))[1]) / 1024;
  const before = resident();
  const large = Buffer.alloc(100 << 20, 'x');
  for (let i = 0; i < 2; ++i) await publishAll(process.env.TIDINGS_AMQP_URL, [{ queue: world.queue, body: large }]);
  await publish(world, [message(world, 'good', 'u')]);
  await become(world, { sent: 1 });
  await until('both dead letters', async () => await waiting(`${world.queue}.dead`) === 2);
  const grew = resident() - before;
  t.diagnostic(`two bodies of 100 MiB: the worker's peak memory grew by ${grew.toFixed(0)} MiB`);
  assert.ok(grew < 64, `${grew} MiB`);
  const letters = JSON.parse((await tidings(world, 'dlq', 'show', '--type', world.type(), '--limit', '1', '--json')).out);
  assert.equal(letters.trueBodySize, large.length);
  assert.match(letters.error, new RegExp(`found ${large.length} bytes, expected at most 262144`));
  assert.equal(worker.exitCode, null);
});

test('hostile requests to the worker\'s own port are refused one by one', { timeout: 60_000 }, async (t) => {
  const world = await begin(t, { note: {} });
  const worker = await startWorker(world);
  const net = await import('node:net');
  const port = Number(new URL(worker.http).port);
  const random = randomFrom(seed);
  const line = (text) => Buffer.from(`${text}\r\nHost: x\r\n\r\n`, 'latin1');
  const noise = () => Buffer.from(Array.from({ length: 1 + random(400) }, () => random(256)));
  const requests = [
    line('GET /metrics HTTP/9.9'), line('GET  HTTP/1.1'), line(`GET /${'a'.repeat(9000)} HTTP/1.1`), line('GET /../../etc/passwd HTTP/1.1'), line('GET /%00 HTTP/1.1'), line('GET /metrics%2f.. HTTP/1.1'),
    line('POST /metrics HTTP/1.1'), line('PRI * HTTP/2.0'), line('GET http://[::1/ HTTP/1.1'), line('CONNECT a:1 HTTP/1.1'), Buffer.from(`GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(5000)}\r\n`),
    Buffer.from('GET /metrics HTTP/1.1\r\nContent-Length: -1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n'), Buffer.from('\r\n'.repeat(3000)), Buffer.from([0x16, 3, 1, 2, 0, 1, 0]),
    ...Array.from({ length: 300 }, noise), ...Array.from({ length: 100 }, () => Buffer.concat([Buffer.from('GET /metrics HTTP/1.1\r\nHost: '), noise(), Buffer.from('\r\n\r\n')])),
  ];
  const ask = (bytes) => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('error', () => {}).on('data', () => {}).on('close', resolve);
  });
  for (const bytes of requests) await ask(bytes);
  assert.equal((await fetch(`${worker.http}/healthz`)).status, 200);
  assert.equal(worker.exitCode, null);
});
