// Bodies that break the contract: each is a dead letter with its very bytes and the reason in words, and the worker goes on.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { letters, put } from './lib/broker.mjs';
import { become, logged, tidings } from './lib/world.mjs';

const mostBytes = 262_144;
const text = 'a string of 1 to 128 bytes without control characters';

// [what, body, what is said of it, reason, AMQP properties]
function corpus(world) {
  const good = (more = {}) => JSON.stringify({ ...message(world, 'bad', 'u'), ...more });
  const cut = good().slice(0, -20);
  const large = good({ title: 'x'.repeat(mostBytes) });
  const bytes = (before, middle) => Buffer.concat([Buffer.from(before), Buffer.from(middle, 'hex'), Buffer.from('"}')]);
  const deep = `{"data":${'['.repeat(40)}${']'.repeat(40)}}`;
  return [
    ['an overlong encoding', bytes(`${good().slice(0, -1)},"title":"`, 'c0af'), /^the body: found bytes that are not UTF-8 at byte \d+, expected UTF-8/],
    ['half a character', bytes(`${good().slice(0, -1)},"title":"`, 'ed959c20ed95'), /not UTF-8 at byte \d+/],
    ['Latin-1', bytes(`${good().slice(0, -1)},"title":"caf`, 'e9'), /not UTF-8 at byte \d+/],
    ['half a surrogate pair', good().replace('New comment', '\\ud83d'), /^the body: found .*expected/],
    ['nothing', '', /^the body: found .*expected a JSON object/],
    ['a truncated object', cut, new RegExp(`^the body: found invalid JSON at byte ${cut.length} `)],
    ['a list', `[${good()}]`, /^the body: found an array, expected a JSON object/],
    ['two objects', `${good()}${good()}`, /^the body: found invalid JSON at byte/],
    ['a number that no double holds', good().replace('"count":1', '"count":1e999'), /^the body: found .*expected/],
    ['nesting', deep, /^the body: found nesting deeper than 32 levels at byte \d+, expected at most that/],
    ['too much', large, new RegExp(`found ${large.length} bytes, expected at most ${mostBytes}`)],
    ["another type's message", good({ type: world.type('other') }), `/type: found "${world.type('other')}", expected "${world.type()}", the queue's own type`],
    ['an unknown type', good({ type: 'nosuch' }), `/type: found "nosuch", expected "${world.type()}", the queue's own type`, 'unknown_type'],
    ['nobody to write to', good({ recipient: null }), '/recipient: found nothing, expected exactly one of recipient, recipients and topic'],
    ['a channel that the type lacks', good({ channels: ['email'] }), `/channels: found none of the channels of the type ${world.type()}, expected at least one of push`],
    ['a header in the recipient', good({ recipient: 'u\r\nBcc: eve@example.com' }), new RegExp(`^/recipient: found .*, expected ${text}, or an integer$`)],
    ['a header in the id', good({ id: 'x\r\nBcc: eve@example.com' }), new RegExp(`^/id: found .*, expected ${text}$`)],
    ['a header in the collapse key', good({ collapseKey: 'x\nApns-Topic: y' }), /^\/collapseKey: found .*, expected a string of 1 to 64 bytes without control characters$/],
    ['a header in the property', good({ id: null }), new RegExp(`^the property message_id: found .*, expected ${text}$`), 'malformed', { message_id: 'x\r\nBcc: eve@example.com' }],
  ].map(([what, body, error, reason = 'malformed', properties = {}]) => ({ what, body: Buffer.from(body), error, reason, properties }));
}

test('every malformed body is kept as it came, with the reason', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ types: { note: {}, other: {} } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u']);
  const queue = `notifications.${world.type()}`;
  const bad = corpus(world);
  const worker = await startWorker(world);
  for (const [i, { body, properties }] of bad.entries()) await put(queue, body, { ...properties, headers: { 'x-case': i } });
  await publish(world, [message(world, 'good', 'u')]);
  await become(world, { sent: 1 });
  await logged(world, 'w0', 'dead', bad.length);

  const found = await until('the dead letters', async () => { const all = await letters(`${queue}.dead`); return all.length >= bad.length && all; });
  assert.equal(found.length, bad.length);
  for (const [i, { what, body, error, reason }] of bad.entries()) {
    await t.test(what, () => {
      const { bytes, headers } = found.find((letter) => letter.headers['x-case'] === i);
      assert.ok(bytes.equals(body), 'the bytes are as they came');
      assert.equal(headers['x-tidings-reason'], reason);
      assert.match(headers['x-tidings-error'], error instanceof RegExp ? error : new RegExp(`^${error.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
      assert.doesNotMatch(headers['x-tidings-error'], /[\x00-\x1f\x7f]/);
      assert.ok(Buffer.byteLength(headers['x-tidings-error']) <= 512);
      assert.equal(headers['x-tidings-queue'], queue);
      assert.ok(Date.parse(headers['x-tidings-dead-at']) <= Date.now());
    });
  }
  assert.equal((await world.sandbox.count()).count, 1);
  assert.equal(worker.exitCode, null);
  const list = JSON.parse((await tidings(world, 'dlq', 'list', '--type', world.type(), '--json')).out);
  assert.equal(list.total, bad.length);
});
