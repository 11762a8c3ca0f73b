'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const test = require('node:test');
const { GRANT, accessToken, askForToken, control, makeJwt, postHttp2, pushTo, readAccount, sender, withSandbox } = require('./testing');

const TOKEN = 'bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1';
const details = (answer, type) => answer.json.error.details?.find((detail) => detail['@type'].endsWith(type));

test('the token endpoint gives a token for a good JWT', async (t) => {
  const { ready } = await withSandbox(t);
  const response = await askForToken(ready, { grant_type: GRANT, assertion: makeJwt(readAccount(ready)) });
  const body = await response.json();
  assert.equal(response.status, 200);
  assert.equal(body.token_type, 'Bearer');
  assert.equal(body.expires_in, 3599);
});

test('the token endpoint refuses what Google refuses', async (t) => {
  const { ready } = await withSandbox(t);
  const account = readAccount(ready);
  const now = Math.floor(Date.now() / 1000);
  const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const jwt = (claims, header, key) => ({ grant_type: GRANT, assertion: makeJwt(account, claims, header, key) });
  const cases = {
    'a foreign key': [jwt({}, {}, other), 'invalid_grant', /Invalid JWT Signature/],
    'alg none': [jwt({}, { alg: 'none' }), 'invalid_grant', /Signature/],
    'alg HS256': [jwt({}, { alg: 'HS256' }), 'invalid_grant', /Signature/],
    'a foreign kid': [jwt({}, { kid: 'x' }), 'invalid_grant', /Signature/],
    'another issuer': [jwt({ iss: 'someone@else.example' }), 'invalid_grant', /account not found/],
    'no issuer': [jwt({ iss: undefined }), 'invalid_grant', /iss/],
    'another audience': [jwt({ aud: 'https://oauth2.googleapis.com/token' }), 'invalid_grant', /audience/],
    'no scope': [jwt({ scope: '' }), 'invalid_scope', /scope/],
    'another scope': [jwt({ scope: 'https://www.googleapis.com/auth/drive' }), 'invalid_scope', /scope/],
    'expired': [jwt({ iat: now - 7200, exp: now - 3600 }), 'invalid_grant', /short-lived/],
    'longer than an hour': [jwt({ exp: now + 3700 }), 'invalid_grant', /short-lived/],
    'from the future': [jwt({ iat: now + 900, exp: now + 1800 }), 'invalid_grant', /short-lived/],
    'times as text': [jwt({ exp: `${now + 3600}` }), 'invalid_grant', /short-lived/],
    'not a JWT': [{ grant_type: GRANT, assertion: 'a.b' }, 'invalid_grant', /JWT/],
    'no assertion': [{ grant_type: GRANT }, 'invalid_request', /assertion/],
    'no grant type': [{ assertion: 'x' }, 'invalid_request', /grant_type/],
    'another grant type': [{ grant_type: 'password', assertion: 'x' }, 'unsupported_grant_type', /password/],
  };
  for (const [name, [fields, error, description]] of Object.entries(cases)) {
    const response = await askForToken(ready, fields);
    const body = await response.json();
    assert.deepEqual([response.status, body.error], [400, error], name);
    assert.match(body.error_description, description, name);
  }
  const json = await fetch(`${ready.http}/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  assert.equal(json.status, 400);
});

test('a token may be asked for by way of a proxy that was named', async (t) => {
  const { ready } = await withSandbox(t);
  const aud = 'https://127.0.0.1:7000/token';
  const ask = async () => (await askForToken(ready, { grant_type: GRANT, assertion: makeJwt(readAccount(ready), { aud }) })).status;
  assert.equal(await ask(), 400);
  await control(ready, 'POST', '/fcm/audiences', { urls: [aud] });
  assert.equal(await ask(), 200);
  assert.equal((await askForToken(ready, { grant_type: GRANT, assertion: makeJwt(readAccount(ready)) })).status, 200);
  await control(ready, 'POST', '/reset', {});
  assert.equal(await ask(), 400);
});

test('a good message is accepted and gets a name', async (t) => {
  const { ready } = await withSandbox(t);
  const send = sender(ready, await accessToken(ready));
  const answer = await send(pushTo(TOKEN, {
    data: { notificationId: 'order-1', deliveryId: 'd-1' },
    android: { collapse_key: 'k', priority: 'high', ttl: '86400s', notification: { channelId: 'orders', notificationPriority: 'PRIORITY_HIGH',
      vibrateTimings: ['0.5s'], eventTime: '2026-01-02T03:04:05Z', color: '#336699' } },
    apns: { headers: { 'apns-priority': '10' }, payload: { aps: { alert: { title: 'x' }, badge: 1 }, deep: [1, { a: null }] } },
    webpush: { headers: { TTL: '60' }, notification: { anything: true }, fcmOptions: { link: 'https://app.example.com/' } },
    fcmOptions: { analyticsLabel: 'orders' },
  }));
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.json.name, /^projects\/tidings-sandbox\/messages\/0:\d+%[0-9a-f]{16}$/);
  const { requests } = await control(ready, 'GET', '/requests?provider=fcm');
  assert.equal(requests.length, 1);
  const { at, address, id, deliveryId, status, accepted, headers, body } = requests[0];
  assert.deepEqual([address, id, deliveryId, status, accepted], [TOKEN, 'order-1', 'd-1', 200, true]);
  assert.equal(headers.authorization, undefined);
  assert.equal(body.message.notification.title, 'Hello');
  assert.ok(Math.abs(at / 1000 - Date.now()) < 5000);
});

// name → [body, what the message must say, field of the violation]
const BAD_MESSAGES = {
  'unknown field at the top': [{ ...pushTo(TOKEN), extra: 1 }, /Unknown name "extra": Cannot find field/],
  'unknown field deep inside': [pushTo(TOKEN, { android: { notification: { titel: 'x' } } }), /"titel" at 'message.android.notification'/, 'message.android.notification'],
  'no message': [{}, /invalid argument/i, 'message'],
  'no target': [{ message: { data: {} } }, /Recipient of the message is not set/, 'message'],
  'two targets': [pushTo(TOKEN, { topic: 'news' }), /oneof field 'target' is already set/, 'message'],
  'a field twice': [pushTo(TOKEN, { fcmOptions: {}, fcm_options: {} }), /already set/],
  'number in data': [pushTo(TOKEN, { data: { a: 'x', n: 5 } }), /Invalid value at 'message.data\[1\].value' \(TYPE_STRING\), 5/, 'message.data[1].value'],
  'object in data': [pushTo(TOKEN, { data: { o: {} } }), /TYPE_STRING/],
  'number as title': [{ message: { token: TOKEN, notification: { title: 5 } } }, /TYPE_STRING/, 'message.notification.title'],
  'duration without s': [pushTo(TOKEN, { android: { ttl: '60' } }), /Illegal duration format/, 'message.android.ttl'],
  'duration as number': [pushTo(TOKEN, { android: { ttl: 60 } }), /Illegal duration format/],
  'ttl too long': [pushTo(TOKEN, { android: { ttl: '2419201s' } }), /time to live/],
  'unknown priority': [pushTo(TOKEN, { android: { priority: 'URGENT' } }), /AndroidMessagePriority/],
  'bad time': [pushTo(TOKEN, { android: { notification: { eventTime: 'tomorrow' } } }), /timestamp/],
  'bad color': [pushTo(TOKEN, { android: { notification: { color: 'red' } } }), /color/i],
  'boolean as text': [{ ...pushTo(TOKEN), validateOnly: 'true' }, /TYPE_BOOL/],
  'reserved data key from': [pushTo(TOKEN, { data: { from: 'x' } }), /Invalid data payload key: from/],
  'reserved data key google.x': [pushTo(TOKEN, { data: { 'google.x': 'x' } }), /Invalid data payload key/],
  'number in apns headers': [pushTo(TOKEN, { apns: { headers: { 'apns-priority': 10 } } }), /TYPE_STRING/],
  'bad apns priority': [pushTo(TOKEN, { apns: { headers: { 'apns-priority': '7' } } }), /apns-priority/],
  'http link': [pushTo(TOKEN, { webpush: { fcmOptions: { link: 'http://app.example.com' } } }), /HTTPS/],
  'bad topic': [{ message: { topic: '/topics/news' } }, /topic/i],
  'bad condition': [{ message: { condition: "'a' in topics &" } }, /condition/i],
  'six topics': [{ message: { condition: Array(6).fill("'a' in topics").join(' || ') } }, /more than 5/],
  'short token': [pushTo('abc'), /registration token is not a valid/, 'message.token'],
  'token with a blank': [pushTo('abc def ghi jkl'), /registration token is not a valid/],
  'more than 4096 bytes': [pushTo(TOKEN, { data: { a: 'x'.repeat(4096) } }), /too big/],
  'more than 2048 bytes to a topic': [{ message: { topic: 'news', data: { a: 'x'.repeat(2100) } } }, /too big/],
  'a list': [[], /Invalid JSON payload/],
  'broken JSON': ['{"message":', /Invalid JSON payload/],
  'bad UTF-8': [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
};

test('a wrong message is refused with FCM\'s own error', async (t) => {
  const { ready } = await withSandbox(t);
  const send = sender(ready, await accessToken(ready));
  for (const [name, [body, message, field]] of Object.entries(BAD_MESSAGES)) {
    const answer = await send(body);
    assert.equal(answer.status, 400, `${name}: ${answer.text}`);
    assert.equal(answer.json.error.status, 'INVALID_ARGUMENT', name);
    assert.match(answer.json.error.message, message, name);
    if (field) assert.equal(details(answer, 'BadRequest').fieldViolations[0].field, field, name);
  }
  const { count, accepted } = await control(ready, 'GET', '/requests/count?provider=fcm');
  assert.deepEqual([count, accepted], [Object.keys(BAD_MESSAGES).length, 0]);
});

test('credentials, path and content type are checked', async (t) => {
  const { ready, state } = await withSandbox(t);
  const bearer = await accessToken(ready);
  const send = sender(ready, bearer);
  assert.equal((await send(pushTo(TOKEN), { authorization: 'Bearer nonsense' })).status, 401);
  assert.equal((await send(pushTo(TOKEN), { authorization: `Basic ${bearer}` })).json.error.status, 'UNAUTHENTICATED');
  const form = await send(pushTo(TOKEN), { 'content-type': 'text/plain' });
  assert.equal(form.status, 400);
  assert.equal((await send(pushTo(TOKEN), { 'content-type': 'application/json; charset=latin1' })).status, 400);
  const elsewhere = (where, method = 'POST') => fetch(`${ready.http}${where}`, { method, headers: { authorization: `Bearer ${bearer}`,
    'content-type': 'application/json' }, body: method === 'POST' ? JSON.stringify(pushTo(TOKEN)) : undefined });
  assert.equal((await elsewhere('/v1/projects/other/messages:send')).status, 403);
  assert.equal((await elsewhere('/v1/projects/tidings-sandbox/messages')).status, 404);
  assert.equal((await elsewhere('/v1/projects/tidings-sandbox/messages:send', 'GET')).status, 404);
  state.tokens.expireAll();
  const expired = await send(pushTo(TOKEN));
  assert.equal(expired.status, 401);
  assert.equal(details(expired, 'ErrorInfo').reason, 'ACCESS_TOKEN_EXPIRED');
  assert.equal(details(expired, 'FcmError'), undefined);
});

test('some tokens always fail', async (t) => {
  const { ready } = await withSandbox(t);
  const send = sender(ready, await accessToken(ready));
  const expected = { UNREGISTERED: 404, SENDER_ID_MISMATCH: 403, QUOTA_EXCEEDED: 429, UNAVAILABLE: 503, INTERNAL: 500, THIRD_PARTY_AUTH_ERROR: 401 };
  for (const [code, status] of Object.entries(expected)) {
    const answer = await send(pushTo(`${code}:device-1`));
    assert.deepEqual([answer.status, details(answer, 'FcmError').errorCode], [status, code]);
  }
});

test('HTTP/2 over TLS works like HTTP/1.1, and validateOnly gives a fake name', async (t) => {
  const { ready } = await withSandbox(t);
  const headers = { authorization: `Bearer ${await accessToken(ready)}`, 'content-type': 'application/json' };
  const path = '/v1/projects/tidings-sandbox/messages:send';
  const answer = await postHttp2(ready, path, headers, JSON.stringify({ ...pushTo(TOKEN), validate_only: true }));
  assert.equal(answer.status, 200);
  assert.match(answer.text, /fake_message_id/);
  const { requests } = await control(ready, 'GET', '/requests?provider=fcm');
  assert.equal(requests[0].protocol, '2.0');
});
