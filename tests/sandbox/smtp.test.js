'use strict';
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const tls = require('node:tls');
const { control, withSandbox } = require('./testing');

const base64 = (text) => Buffer.from(text).toString('base64');
const PLAIN = base64('\0tidings\0sandbox-smtp-password');

const HEADERS = {
  From: '=?UTF-8?B?7JWM66a8?= <no-reply@example.com>', To: '<a@example.net>', Subject: '=?UTF-8?B?7KO866y4IDQ3MTEg67Cw7Iah?=',
  Date: 'Fri, 02 Jan 2026 03:04:05 +0000', 'Message-ID': '<d-42.1767323045@example.com>', 'MIME-Version': '1.0', 'X-Notification-Id': 'order-1',
  'List-Unsubscribe': '<https://app.example.com/u/abc>, <mailto:unsubscribe@example.com?subject=abc>',
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click', 'Content-Type': 'multipart/alternative; boundary="b1"',
};
const PLAIN_PART = `Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64('안녕하세요')}\r\n`;
const HTML_PART = 'Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=C3=BC=C3=9Fe</p>\r\n';
const BODY = `--b1\r\n${PLAIN_PART}--b1\r\n${HTML_PART}--b1--\r\n`;

function mail(changes = {}, body = BODY) {
  const fields = Object.entries({ ...HEADERS, ...changes }).filter(([, value]) => value !== undefined);
  return `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

// A client that sends exactly what it is told. `say` answers the whole reply, '' when the server hung up.
class Client {
  constructor(socket) {
    this.text = '';
    this.attach(socket);
  }

  static open(port) { return new Client(net.connect(port, '127.0.0.1')); }

  static openTls(ready) {
    return new Client(tls.connect({ port: ready.ports.smtps, host: '127.0.0.1', ca: fs.readFileSync(ready.caFile) }));
  }

  attach(socket) {
    this.socket = socket;
    this.closed = false;
    const wake = () => this.wake?.();
    socket.setEncoding('utf8').on('data', (chunk) => {
      this.text += chunk;
      wake();
    });
    for (const event of ['close', 'error']) socket.on(event, () => { this.closed = true; wake(); });
  }

  async reply() {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.text);
      if (match) {
        this.text = this.text.slice(match[0].length);
        return match[0];
      }
      if (this.closed) return '';
      await new Promise((resolve) => { this.wake = resolve; });
    }
  }

  async say(line) {
    this.socket.write(`${line}\r\n`);
    return this.reply();
  }

  async startTls(ready) {
    const answer = await this.say('STARTTLS');
    this.socket.removeAllListeners();
    this.attach(tls.connect({ socket: this.socket, host: '127.0.0.1', ca: fs.readFileSync(ready.caFile) }));
    return answer;
  }
}

async function loggedIn(ready) {
  const client = Client.openTls(ready);
  await client.reply();
  await client.say('EHLO worker.example.com');
  assert.match(await client.say(`AUTH PLAIN ${PLAIN}`), /^235/);
  return client;
}

async function transfer(client, message, { from = '<no-reply@example.com>', to = '<a@example.net>' } = {}) {
  assert.match(await client.say(`MAIL FROM:${from}`), /^250/);
  assert.match(await client.say(`RCPT TO:${to}`), /^250/);
  assert.match(await client.say('DATA'), /^354/);
  client.socket.write(Buffer.from(message, 'utf8'));
  return client.say('.');
}

test('a good message is accepted over implicit TLS and read', async (t) => {
  const { ready } = await withSandbox(t);
  const client = await loggedIn(ready);
  assert.match(await transfer(client, mail()), /^250 2\.0\.0 Ok: queued as [0-9A-F]{12}\r\n$/);
  const { requests: [request] } = await control(ready, 'GET', '/requests?provider=smtp');
  assert.deepEqual([request.address, request.id, request.deliveryId, request.status, request.protocol],
    ['a@example.net', 'order-1', 'd-42.1767323045', 250, 'TLS']);
  assert.deepEqual([request.body.subject, request.body.text, request.body.html], ['주문 4711 배송', '안녕하세요', '<p>Grüße</p>']);
  assert.deepEqual(request.body.fromHeader, [{ name: '알림', address: 'no-reply@example.com' }]);
  assert.match(await client.say('QUIT'), /^221/);
});

test('dots at the beginning of lines survive', async (t) => {
  const { ready } = await withSandbox(t);
  const client = await loggedIn(ready);
  const body = '..one\r\nx\r\n...two\r\n';
  assert.match(await transfer(client, mail({ 'Content-Type': 'text/plain' }, body)), /^250/);
  const { requests: [request] } = await control(ready, 'GET', '/requests?provider=smtp');
  assert.equal(request.body.text, '.one\r\nx\r\n..two\r\n');
});

test('STARTTLS comes before AUTH, AUTH before MAIL', async (t) => {
  const { ready } = await withSandbox(t);
  const client = Client.open(ready.ports.smtp);
  assert.match(await client.reply(), /^220/);
  assert.match(await client.say('MAIL FROM:<no-reply@example.com>'), /^503/);
  assert.match(await client.say('EHLO under_score'), /^501/);
  const offers = await client.say('EHLO worker.example.com');
  assert.match(offers, /STARTTLS/);
  assert.doesNotMatch(offers, /AUTH/);
  assert.match(await client.say(`AUTH PLAIN ${PLAIN}`), /^538 5\.7\.11/);
  assert.match(await client.say('MAIL FROM:<no-reply@example.com>'), /^530 5\.7\.0 Must issue/);
  assert.match(await client.startTls(ready), /^220/);
  assert.match(await client.say('MAIL FROM:<no-reply@example.com>'), /^503/, 'EHLO is needed again');
  assert.match(await client.say('EHLO worker.example.com'), /AUTH PLAIN LOGIN/);
  assert.match(await client.say('MAIL FROM:<no-reply@example.com>'), /^530 5\.7\.0 Authentication/);
  assert.match(await client.say('AUTH LOGIN'), /^334 VXNlcm5hbWU6/);
  assert.match(await client.say(base64('tidings')), /^334 UGFzc3dvcmQ6/);
  assert.match(await client.say(base64('wrong')), /^535 5\.7\.8/);
  assert.match(await client.say(`AUTH LOGIN ${base64('tidings')}`), /^334/);
  assert.match(await client.say(base64('sandbox-smtp-password')), /^235/);
  assert.match(await transfer(client, mail()), /^250/);
});

test('commands smuggled in behind STARTTLS end the conversation', async (t) => {
  const { ready } = await withSandbox(t);
  const client = Client.open(ready.ports.smtp);
  await client.reply();
  await client.say('EHLO worker.example.com');
  client.socket.write('STARTTLS\r\nMAIL FROM:<no-reply@example.com>\r\n');
  assert.match(await client.reply(), /^421/);
});

test('wrong commands get their own replies', async (t) => {
  const { ready } = await withSandbox(t);
  const client = await loggedIn(ready);
  const expect = async (line, pattern) => assert.match(await client.say(line), pattern, line);
  await expect('BREW coffee', /^502 5\.5\.2/);
  await expect('AUTH PLAIN x', /^503/);
  await expect('RCPT TO:<a@example.net>', /^503/);
  await expect('DATA', /^503/);
  await expect('MAIL FROM: <no-reply@example.com>', /^501/);
  await expect('MAIL FROM:<nonsense>', /^553 5\.1\.7/);
  await expect('MAIL FROM:<boss@bank.invalid>', /^553 5\.7\.1/);
  await expect('MAIL FROM:<no-reply@example.com> SIZE=99999999', /^552 5\.3\.4/);
  await expect('MAIL FROM:<no-reply@example.com> COLOR=red', /^555/);
  await expect('MAIL FROM:<grüße@example.com>', /^553 5\.6\.7/);
  await expect('MAIL FROM:<no-reply@example.com> SIZE=100 BODY=8BITMIME', /^250/);
  await expect('MAIL FROM:<no-reply@example.com>', /^503/);
  await expect('RCPT TO:<a b@example.net>', /^501 5\.1\.3/);
  await expect('RCPT TO:<a@host>', /^550 5\.1\.2/);
  await expect('RCPT TO:<550-5.1.1@example.net>', /^550 5\.1\.1/);
  await expect('RCPT TO:<451-4.7.1@example.net>', /^451 4\.7\.1/);
  await expect('RCPT TO:<452@example.net>', /^452 4\.3\.1/);
  await expect('DATA', /^503/);
  client.socket.write('NOOP\nNOOP\r\n');
  assert.match(await client.reply(), /^521 5\.5\.2/);
});

// name → [message, text of the refusal]
const long = 'x'.repeat(999);
const BAD_MAILS = {
  'bare LF': [mail({}, 'a\nb\r\n'), /bare LF/],
  'bare CR': [mail({}, 'a\rb\r\n'), /bare CR/],
  'line over 998': [mail({ 'Content-Type': 'text/plain' }, `${long}\r\n`), /998/],
  'no From': [mail({ From: undefined }), /from is missing/],
  'no To': [mail({ To: undefined }), /to is missing/],
  'no Subject': [mail({ Subject: undefined }), /subject is missing/],
  'no Date': [mail({ Date: undefined }), /date is missing/],
  'bad Date': [mail({ Date: '2026-01-02T03:04:05Z' }), /bad Date/],
  'wrong weekday': [mail({ Date: 'Mon, 02 Jan 2026 03:04:05 +0000' }), /day of the week/],
  'no Message-ID': [mail({ 'Message-ID': undefined }), /message-id is missing/],
  'bad Message-ID': [mail({ 'Message-ID': 'd-42' }), /bad Message-ID/],
  'no MIME-Version': [mail({ 'MIME-Version': undefined }), /mime-version is missing/],
  'Subject twice': [`Subject: x\r\n${mail()}`, /subject given more than once/],
  'a Bcc': [mail({ Bcc: '<b@example.net>' }), /bcc/],
  'raw UTF-8 in a header': [mail({ Subject: 'Grüße' }), /ASCII/],
  'encoded word too long': [mail({ Subject: `=?UTF-8?B?${base64('x'.repeat(60))}?=` }), /at most 75/],
  'encoded word cut inside a character': [mail({ Subject: `=?UTF-8?B?${Buffer.from('가').subarray(0, 2).toString('base64')}?=` }), /not valid UTF-8/],
  'encoded word unpadded': [mail({ Subject: '=?UTF-8?B?YQ?=' }), /bad base64/],
  'encoded word glued to text': [mail({ Subject: 'a=?UTF-8?B?YQ==?=' }), /stand alone/],
  'encoded words without a blank': [mail({ Subject: '=?UTF-8?B?YQ==?==?UTF-8?B?YQ==?=' }), /stand alone|broken/],
  'broken encoded word': [mail({ Subject: '=?UTF-8?B?YQ==' }), /broken encoded word/],
  'encoded word in quotes': [mail({ From: '"=?UTF-8?B?YQ==?=" <no-reply@example.com>' }), /quoted string/],
  'address without domain': [mail({ To: 'a' }), /not a list of addresses/],
  'unquoted comma in a name': [mail({ From: 'Doe, Jane <no-reply@example.com>' }), /not a list of addresses/],
  'foreign From': [mail({ From: 'boss@bank.invalid' }), /not allowed for this account/],
  'no boundary': [mail({ 'Content-Type': 'multipart/alternative' }), /boundary/],
  'never closed': [mail({}, `--b1\r\n${PLAIN_PART}`), /never closed/],
  'HTML before text': [mail({}, `--b1\r\n${HTML_PART}--b1\r\n${PLAIN_PART}--b1--\r\n`), /plain alternative/],
  'bad base64': [mail({}, BODY.replace(base64('안녕하세요'), 'a*b=')), /bad base64/],
  'base64 line over 76': [mail({}, BODY.replace(base64('안녕하세요'), base64('x'.repeat(60)))), /at most 76/],
  'base64 of bad UTF-8': [mail({}, BODY.replace(base64('안녕하세요'), Buffer.from([0xff, 0xfe]).toString('base64'))), /not valid utf-8/],
  'bad quoted-printable': [mail({}, BODY.replace('=C3=BC', '=c3=bc')), /bad quoted-printable/],
  'undeclared 8-bit text': [mail({ 'Content-Type': 'text/plain; charset=UTF-8' }, 'Grüße\r\n'), /8-bit/],
  'one-click without https': [mail({ 'List-Unsubscribe': '<mailto:u@example.com>' }), /https/],
  'one-click without list': [mail({ 'List-Unsubscribe': undefined }), /without list-unsubscribe/],
  'one-click with other value': [mail({ 'List-Unsubscribe-Post': 'yes' }), /One-Click/],
  'unsubscribe without brackets': [mail({ 'List-Unsubscribe': 'https://app.example.com/u' }), /list-unsubscribe/],
  'empty message': ['', /missing|header/],
};

test('a wrong message is refused after the dot, and the conversation goes on', async (t) => {
  const { ready } = await withSandbox(t);
  const client = await loggedIn(ready);
  for (const [name, [message, text]] of Object.entries(BAD_MAILS)) {
    const reply = await transfer(client, message);
    assert.match(reply, /^55[04] 5\./, `${name}: ${reply}`);
    assert.match(reply, text, name);
  }
  assert.match(await transfer(client, mail()), /^250/);
});

test('the relay can hide STARTTLS or AUTH, and limit messages per connection', async (t) => {
  const { ready } = await withSandbox(t);
  await control(ready, 'POST', '/smtp', { starttls: false, auth: false, messagesPerConnection: 1 });
  const client = Client.open(ready.ports.smtp);
  await client.reply();
  assert.doesNotMatch(await client.say('EHLO worker.example.com'), /STARTTLS|AUTH/);
  assert.match(await transfer(client, mail()), /^250/);
  assert.match(await client.say('MAIL FROM:<no-reply@example.com>'), /^421/);
  assert.equal((await control(ready, 'POST', '/smtp', { colour: 1 })).status, 400);
});

test('scripted faults at each stage', async (t) => {
  const { ready } = await withSandbox(t);
  const script = (rule) => control(ready, 'POST', '/faults', { match: { provider: 'smtp', ...rule.match }, ...rule.rest });
  const count = () => control(ready, 'GET', '/requests/count?provider=smtp&accepted=true');
  const client = await loggedIn(ready);
  await script({ rest: { stage: 'mail', answer: { status: 451 } } });
  assert.match(await client.say('MAIL FROM:<no-reply@example.com>'), /^451 4\.3\.0/);
  await script({ match: { id: '^order-1$' }, rest: { answer: { code: '4.7.1', message: 'greylisted' } } });
  assert.match(await transfer(client, mail()), /^451 4\.7\.1 greylisted/);
  assert.equal((await count()).count, 0);
  await script({ match: { address: 'a@example.net' }, rest: { stage: 'rcpt', answer: { status: 550, code: '5.2.1' } } });
  await client.say('MAIL FROM:<no-reply@example.com>');
  assert.match(await client.say('RCPT TO:<a@example.net>'), /^550 5\.2\.1/);
  await client.say('RSET');
  await control(ready, 'POST', '/dead', { provider: 'smtp', addresses: ['gone@example.net'] });
  await client.say('MAIL FROM:<no-reply@example.com>');
  assert.match(await client.say('RCPT TO:<gone@example.net>'), /^550 5\.1\.1/);
  await client.say('RSET');
  await script({ rest: { lose: 'close' } });
  assert.equal(await transfer(client, mail()), '');
  assert.equal((await count()).count, 1);
  await script({ rest: { half: true } });
  const second = await loggedIn(ready);
  assert.equal(await transfer(second, mail()), '');
  assert.equal(second.text, '250 2.0');
  assert.equal((await count()).count, 2);
  await script({ rest: { reset: 'after' } });
  assert.equal(await transfer(await loggedIn(ready), mail()), '');
  assert.equal((await count()).count, 2);
  await script({ rest: { reset: 'before' } });
  assert.equal(await Client.open(ready.ports.smtp).reply(), '');
});

function curl(args) {
  return new Promise((resolve) => { execFile('curl', args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stderr })); });
}

test('curl delivers by STARTTLS and by implicit TLS', async (t) => {
  const { ready, dir } = await withSandbox(t);
  const file = path.join(dir, 'mail');
  fs.writeFileSync(file, mail());
  const common = ['-sS', '--cacert', ready.caFile, '--user', 'tidings:sandbox-smtp-password', '--mail-from', 'no-reply@example.com',
    '--mail-rcpt', 'a@example.net', '-T', file];
  for (const args of [['--ssl-reqd', `smtp://127.0.0.1:${ready.ports.smtp}/worker.example.com`],
    [`smtps://127.0.0.1:${ready.ports.smtps}/worker.example.com`]]) {
    const { code, stderr } = await curl([...common, ...args]);
    assert.equal(code, 0, stderr);
  }
  const wrong = await curl([...common.map((item) => item.replace(/^tidings:.*/, 'tidings:x')), `smtps://127.0.0.1:${ready.ports.smtps}/w.example.com`]);
  assert.equal(wrong.code, 67, wrong.stderr);
  assert.equal((await control(ready, 'GET', '/requests/count?provider=smtp&accepted=true')).count, 2);
});
