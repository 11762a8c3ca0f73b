'use strict';
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { accessToken, askForToken, control, makeJwt, postHttp2, pushTo, readAccount, sender, withSandbox, GRANT } = require('./testing');

const TOKEN = 'device-token-1';
const SEND = '/v1/projects/tidings-sandbox/messages:send';
const push = (id, token = TOKEN) => pushTo(token, { data: { notificationId: id } });

async function start(t, options) {
  const sandbox = await withSandbox(t, options);
  const { ready } = sandbox;
  return { ...sandbox, send: sender(ready, await accessToken(ready)), script: (rule) => control(ready, 'POST', '/faults', rule),
    count: (filter = '') => control(ready, 'GET', `/requests/count?provider=fcm${filter}`) };
}

const errorCode = (answer) => answer.json.error.details.find((detail) => detail.errorCode)?.errorCode;

test('the next N matching requests are answered as scripted, the others normally', async (t) => {
  const { ready, send, script } = await start(t);
  await script({ match: { provider: 'fcm', id: '^order-' }, times: 2, answer: { status: 503, retryAfter: 7 } });
  assert.equal((await send(push('other'))).status, 200);
  const first = await send(push('order-1'));
  assert.deepEqual([first.status, errorCode(first), first.headers.get('retry-after')], [503, 'UNAVAILABLE', '7']);
  assert.equal((await send(push('order-2'))).status, 503);
  assert.equal((await send(push('order-3'))).status, 200);
  const { faults } = await control(ready, 'GET', '/faults');
  assert.deepEqual([faults[0].used, faults[0].seen], [2, 2]);
});

test('a code implies the status, a body replaces the real one, an odd status is a page', async (t) => {
  const { send, script } = await start(t);
  await script({ answer: { code: 'QUOTA_EXCEEDED' } });
  assert.equal((await send(push('a'))).status, 429);
  await script({ answer: { status: 400, body: { error: { code: 400 } }, headers: { 'x-test': 'yes' } } });
  const own = await send(push('a'));
  assert.deepEqual([own.status, own.json, own.headers.get('x-test')], [400, { error: { code: 400 } }, 'yes']);
  await script({ answer: { status: 502 } });
  const page = await send(push('a'));
  assert.equal(page.status, 502);
  assert.match(page.text, /<!DOCTYPE html>/);
});

test('skip, every, address and always', async (t) => {
  const { ready, send, script } = await start(t);
  await script({ match: { address: TOKEN }, times: 'always', skip: 1, every: 2, answer: { status: 500 } });
  const statuses = [];
  for (let i = 0; i < 6; ++i) statuses.push((await send(push(`n${i}`))).status);
  assert.deepEqual(statuses, [200, 200, 500, 200, 500, 200]);
  assert.equal((await send(push('n', 'device-token-2'))).status, 200);
  assert.equal((await control(ready, 'DELETE', '/faults/1')).status, 200);
  assert.equal((await control(ready, 'DELETE', '/faults/1')).status, 404);
  assert.equal((await send(push('n'))).status, 200);
});

test('a wrong request is refused as ever and uses no fault', async (t) => {
  const { send, script, ready } = await start(t);
  await script({ times: 1, answer: { status: 503 } });
  assert.equal((await send({ message: {} })).status, 400);
  assert.equal((await control(ready, 'GET', '/faults')).faults[0].used, 0);
});

test('resets, halves and lost answers are counted as what they are', async (t) => {
  const { ready, send, script, count } = await start(t);
  const broken = () => assert.rejects(send(push('x')), TypeError);
  await script({ match: { provider: 'fcm' }, reset: 'before' });
  await broken();
  await script({ reset: 'after' });
  await broken();
  assert.deepEqual(await count('&accepted=true'), { status: 200, count: 0, accepted: 0, refused: 0, ids: 0 });
  await script({ half: true });
  await broken();
  await script({ lose: 'close' });
  await broken();
  assert.equal((await count('&accepted=true')).count, 2);
  const { requests } = await control(ready, 'GET', '/requests?provider=fcm');
  assert.deepEqual(requests.map((r) => [r.fault, r.status, r.accepted]),
    [['reset', 0, false], ['reset', 0, false], ['half', 200, true], ['lose', 0, true]]);
});

test('over HTTP/2, only the stream ends, or the whole connection', async (t) => {
  const { ready, script, count } = await start(t);
  const headers = { authorization: `Bearer ${await accessToken(ready)}`, 'content-type': 'application/json' };
  const post = () => postHttp2(ready, SEND, headers, JSON.stringify(push('x')));
  for (const rule of [{ lose: 'close' }, { lose: 'close', connection: true }, { half: true }, { reset: 'after' }]) {
    await script(rule);
    await assert.rejects(post());
  }
  assert.equal((await count('&accepted=true')).count, 3);
  assert.equal((await post()).status, 200);
});

test('a connection can be retired', async (t) => {
  const { ready, script, send, count } = await start(t);
  await script({ retire: true });
  assert.equal((await send(push('one'))).headers.get('connection'), 'close');
  const headers = { authorization: `Bearer ${await accessToken(ready)}`, 'content-type': 'application/json' };
  const post = async (id) => {
    const { status, retired } = await postHttp2(ready, SEND, headers, JSON.stringify(push(id)));
    return [status, retired];
  };
  await script({ retire: true });
  assert.deepEqual(await post('two'), [200, true]);
  assert.deepEqual(await post('three'), [200, false]);
  assert.equal((await count('&accepted=true')).count, 3);
});

test('an answer can be late or never come', async (t) => {
  const { ready, send, script, count } = await start(t);
  await script({ delayMs: 150 });
  const begin = performance.now();
  assert.equal((await send(push('late'))).status, 200);
  assert.ok(performance.now() - begin >= 145);
  await script({ match: { provider: 'fcm' }, lose: 'hang' });
  const never = fetch(`${ready.http}${SEND}`, { method: 'POST', signal: AbortSignal.timeout(200), body: JSON.stringify(push('hung')),
    headers: { authorization: `Bearer ${await accessToken(ready)}`, 'content-type': 'application/json' } });
  await assert.rejects(never, { name: 'TimeoutError' });
  assert.equal((await count('&accepted=true')).count, 2);
});

test('dead addresses stay dead until revived', async (t) => {
  const { ready, send } = await start(t);
  await control(ready, 'POST', '/dead', { provider: 'fcm', addresses: [TOKEN] });
  for (let i = 0; i < 2; ++i) assert.equal(errorCode(await send(push('x'))), 'UNREGISTERED');
  assert.equal((await send(push('x', 'device-token-2'))).status, 200);
  assert.equal((await control(ready, 'GET', '/dead')).dead.length, 1);
  await control(ready, 'DELETE', '/dead');
  assert.equal((await send(push('x'))).status, 200);
});

test('a throttle lets so many through and refuses the rest', async (t) => {
  const { ready, send } = await start(t);
  await control(ready, 'POST', '/throttle', { provider: 'fcm', perSecond: 5, retryAfter: 1 });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => send(push(`n${i}`))));
  const refused = answers.filter((answer) => answer.status === 429);
  assert.ok(refused.length >= 5 && refused.length <= 7, `${refused.length}`);
  assert.deepEqual([errorCode(refused[0]), refused[0].headers.get('retry-after')], ['QUOTA_EXCEEDED', '1']);
  await control(ready, 'POST', '/throttle', { provider: 'fcm', perSecond: null });
  assert.equal((await send(push('x'))).status, 200);
});

test('token faults and expired tokens', async (t) => {
  const { ready, send, script } = await start(t);
  await script({ match: { provider: 'fcm-token' }, answer: { status: 400, code: 'invalid_grant', message: 'account disabled' } });
  const ask = () => askForToken(ready, { grant_type: GRANT, assertion: makeJwt(readAccount(ready)) });
  const refused = await ask();
  assert.deepEqual([refused.status, (await refused.json()).error], [400, 'invalid_grant']);
  assert.equal((await ask()).status, 200);
  await control(ready, 'POST', '/fcm/expire-tokens');
  assert.equal((await send(push('x'))).status, 401);
});

test('requests can be filtered, grouped, awaited, paged and forgotten', async (t) => {
  const { ready, send, count } = await start(t);
  const waiting = control(ready, 'GET', '/requests/wait?provider=fcm&count=3&timeout=5000');
  for (const id of ['a', 'b', 'a']) await send(push(id));
  assert.equal((await waiting).status, 200);
  assert.deepEqual((await count('&by=id&over=1')).by, { a: 2 });
  assert.equal((await count('&id=b')).count, 1);
  assert.equal((await count('&idMatches=%5E%5Bab%5D%24')).ids, 2);
  const { requests, last } = await control(ready, 'GET', '/requests?provider=fcm&limit=2&bodies=0');
  assert.deepEqual(requests.map((r) => [r.id, r.body]), [['b', undefined], ['a', undefined]]);
  assert.equal((await count(`&after=${last}`)).count, 0);
  assert.equal((await count(`&since=${requests[1].at}`)).count, 1);
  assert.equal((await control(ready, 'GET', '/requests/wait?count=99&timeout=20')).status, 408);
  await control(ready, 'DELETE', '/requests');
  assert.equal((await count()).count, 0);
});

test('a mistake in a control request is told', async (t) => {
  const { ready } = await withSandbox(t);
  const refused = async (method, where, body, text) => {
    const answer = await control(ready, method, where, body);
    assert.ok(answer.status >= 400 && answer.status < 500, where);
    assert.match(answer.error, text);
  };
  await refused('POST', '/faults', { time: 1, delayMs: 1 }, /unknown key "time"/);
  await refused('POST', '/faults', { times: 0, delayMs: 1 }, /times/);
  await refused('POST', '/faults', {}, /is needed/);
  await refused('POST', '/faults', { half: true, reset: 'after' }, /exclude/);
  await refused('POST', '/faults', { match: { id: '(' }, delayMs: 1 }, /match.id/);
  await refused('POST', '/faults', { match: { provider: 'apns' }, delayMs: 1 }, /provider/);
  await refused('POST', '/fcm/audiences', { urls: ['here'] }, /urls/);
  await refused('GET', '/requests?what=1', undefined, /unknown key/);
  await refused('GET', '/nothing', undefined, /no such path/);
  await refused('DELETE', '/healthz', undefined, /no such method/);
});

test('the record file has a line for each accepted request before its answer', async (t) => {
  const file = path.join(fs.mkdtempSync('/tmp/tidings-record-'), 'record');
  t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
  const { send, script } = await start(t, { recordFile: undefined, record: file });
  const lines = () => fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).filter((r) => r.provider === 'fcm');
  await send(push('one'));
  await send({ message: {} });
  await script({ lose: 'close' });
  await assert.rejects(send(push('two')));
  assert.deepEqual(lines().map((r) => [r.id, r.status, r.fault]), [['one', 200, null], ['two', 0, 'lose']]);
});

test('the page shows what arrived, escaped', async (t) => {
  const { ready, send } = await start(t);
  await send(pushTo(TOKEN, { notification: { title: '<script>alert(1)</script>', body: 'Grüße' } }));
  await send({ message: { token: 'bad token!', data: {} } });
  for (const url of [ready.page, `${ready.control}/`]) {
    const html = await (await fetch(url)).text();
    assert.match(html, /&lt;script&gt;alert\(1\)/);
    assert.doesNotMatch(html, /<script>alert/);
    assert.match(html, /Grüße/);
    assert.match(html, /registration token is not a valid/);
  }
});

test('the program says it is ready, reuses its directory and ends at once', async (t) => {
  const dir = fs.mkdtempSync('/tmp/tidings-main-');
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const run = () => new Promise((resolve) => {
    const child = execFile(process.execPath, [path.join(__dirname, 'main.js'), '--port', '0', '--dir', dir], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, ready: JSON.parse(stdout), stderr, took: performance.now() - child.told, key: fs.readFileSync(path.join(dir, 'ca.pem'), 'utf8') });
    });
    child.stdout.once('data', () => {
      child.told = performance.now();
      child.kill('SIGTERM');
    });
  });
  const first = await run();
  const second = await run();
  assert.equal(first.code, 0, first.stderr);
  assert.ok(first.took < 1000);
  assert.equal(first.key, second.key);
  assert.equal(JSON.parse(fs.readFileSync(second.ready.fcm.serviceAccountFile)).token_uri, `${second.ready.http}/token`);
});
