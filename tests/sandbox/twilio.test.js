'use strict';
const assert = require('node:assert/strict');
const test = require('node:test');
const { control, withSandbox } = require('./testing');

const GOOD = { To: '+15558675310', From: '+15557122661', Body: 'Hello' };

function poster(ready) {
  const { accountSid, authToken } = ready.twilio;
  return async (fields, { user = accountSid, password = authToken, sid = accountSid, method = 'POST', headers = {} } = {}) => {
    const response = await fetch(`${ready.http}/2010-04-01/Accounts/${sid}/Messages.json`, {
      method, headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, ...headers },
      body: method === 'POST' ? (typeof fields === 'string' ? fields : new URLSearchParams(fields)) : undefined,
    });
    return { status: response.status, headers: response.headers, ...await response.json(), httpStatus: response.status };
  };
}

test('a good message is accepted', async (t) => {
  const { ready } = await withSandbox(t);
  const post = poster(ready);
  const answer = await post({ ...GOOD, Body: 'Bestellung 4711 🚚', StatusCallback: 'https://hooks.example.com/cb?id=order-1&d=d-1' });
  assert.equal(answer.httpStatus, 201);
  assert.match(answer.sid, /^SM[0-9a-f]{32}$/);
  assert.equal(answer.num_segments, '1');
  assert.equal(answer.status, 'queued');
  const { requests: [request] } = await control(ready, 'GET', '/requests?provider=twilio');
  assert.deepEqual([request.address, request.id, request.deliveryId, request.body.Body], ['+15558675310', 'order-1', 'd-1', 'Bestellung 4711 🚚']);
  assert.equal(request.headers.authorization, undefined);
});

test('an API key and a messaging service are taken', async (t) => {
  const { ready } = await withSandbox(t);
  const { apiKeySid, apiKeySecret, messagingServiceSid } = ready.twilio;
  const { From, ...rest } = GOOD;
  const answer = await poster(ready)({ ...rest, MessagingServiceSid: messagingServiceSid }, { user: apiKeySid, password: apiKeySecret });
  assert.deepEqual([answer.httpStatus, answer.status, answer.from], [201, 'accepted', null]);
});

// name → [changes of the good message, code]
const BAD = {
  'no To': [{ To: undefined }, 21604],
  'To without plus': [{ To: '15558675310' }, 21211],
  'To with blanks': [{ To: '+1 555 867 5310' }, 21211],
  'To too short for its country': [{ To: '+1555867531' }, 21211],
  'To as text': [{ To: 'Bob' }, 21211],
  'magic invalid number': [{ To: '+15005550001' }, 21211],
  'magic unsubscribed number': [{ To: '+15005550004' }, 21610],
  'magic landline': [{ To: '+15005550009' }, 21614],
  'magic country': [{ To: '+15005550003' }, 21408],
  'no sender': [{ From: undefined }, 21603],
  'sender not a number': [{ From: '+12' }, 21212],
  'foreign sender': [{ From: '+15551234567' }, 21606],
  'sender is receiver': [{ To: '+15557122661' }, 21266],
  'two senders': [{ MessagingServiceSid: 'MG00000000000000000000000000000025' }, 20001],
  'unknown service': [{ From: undefined, MessagingServiceSid: 'MGx' }, 21701],
  'no body': [{ Body: undefined }, 21602],
  'empty body': [{ Body: '' }, 21602],
  'body too long': [{ Body: 'x'.repeat(1601) }, 21617],
  'bad callback': [{ StatusCallback: 'hooks.example.com/cb' }, 21609],
  'bad validity': [{ ValidityPeriod: '36001' }, 21624],
  'bad media': [{ MediaUrl: 'ftp://x' }, 21620],
  'unknown parameter': [{ Boby: 'x' }, 20001],
  'SendAt without service': [{ SendAt: '2026-01-02T03:04:05Z', ScheduleType: 'fixed' }, 35111],
};

test('a wrong message is refused with Twilio\'s own code', async (t) => {
  const { ready } = await withSandbox(t);
  const post = poster(ready);
  for (const [name, [changes, code]] of Object.entries(BAD)) {
    const fields = Object.fromEntries(Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined));
    const answer = await post(fields);
    assert.equal(answer.code, code, `${name}: ${JSON.stringify(answer)}`);
    assert.deepEqual([answer.httpStatus, answer.status, answer.more_info], [400, 400, `https://www.twilio.com/docs/errors/${code}`], name);
  }
  const twice = await post('To=%2B15558675310&To=%2B15558675310&From=%2B15557122661&Body=x', { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  assert.equal(twice.code, 20001);
});

test('credentials, path and content type are checked', async (t) => {
  const { ready } = await withSandbox(t);
  const post = poster(ready);
  const wrong = await post(GOOD, { password: 'wrong' });
  assert.deepEqual([wrong.httpStatus, wrong.code], [401, 20003]);
  assert.match(wrong.headers.get('www-authenticate'), /Basic/);
  assert.equal((await post(GOOD, { user: 'AC11111111111111111111111111111111' })).code, 20003);
  assert.equal((await post(GOOD, { sid: 'AC11111111111111111111111111111111' })).code, 20404);
  assert.equal((await post(GOOD, { sid: 'x' })).code, 20404);
  assert.equal((await post(GOOD, { method: 'GET' })).httpStatus, 405);
  const json = await post(JSON.stringify(GOOD), { headers: { 'content-type': 'application/json' } });
  assert.deepEqual([json.httpStatus, json.code], [400, 21604]);
});
