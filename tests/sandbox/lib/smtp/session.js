'use strict';
// One SMTP conversation. Reads commands one after the other; every refusal is noted in the journal.

const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const tls = require('node:tls');
const { ByteStream } = require('./byte_stream');
const { isEhloName } = require('./addresses');
const { readCredentials } = require('./auth');
const transaction = require('./transaction');
const { describe } = require('./replies');
const { nowMicros } = require('../journal');

const CRLF = Buffer.from('\r\n');
const LONGEST_COMMAND = 12288;

class Session {
  constructor(socket, secure, relay, { journal, faults, credentials }) {
    Object.assign(this, { relay, journal, faults, account: credentials.smtp });
    this.secure = secure;
    this.extended = false;
    this.client = null;
    this.user = null;
    this.accepted = 0;
    this.over = false;     // the last word is said
    this.hanging = false;  // nothing more is said, the connection stays
    this.attach(socket);
    this.resetTransaction();
  }

  attach(socket) {
    this.socket = socket;
    this.stream = new ByteStream(socket);
    socket.on('error', () => {});
  }

  resetTransaction() { Object.assign(this, { from: null, recipients: [], eightBit: false, utf8: false }); }

  async run() {
    if (await this.faulted('connect', {})) return;
    this.reply(220, null, 'sandbox.example.com ESMTP');
    while (!this.over && !this.socket.destroyed && await this.step_());
    if (!this.hanging) this.socket.end();
  }

  // Answers false when the conversation is over.
  async step_() {
    const line = await this.readLine_();
    if (line === null) return false;
    const [, verb, rest] = /^([A-Za-z]*)(.*)$/s.exec(line);
    const handler = { EHLO: this.ehlo_, HELO: this.ehlo_, STARTTLS: this.starttls_, AUTH: this.auth_, MAIL: this.mail_, RCPT: this.rcpt_, DATA: this.data_,
      RSET: this.rset_, NOOP: this.noop_, QUIT: this.quit_, VRFY: this.vrfy_ }[verb.toUpperCase()];
    if (handler === undefined) return this.refuse(502, '5.5.2', 'Error: command not recognized');
    return await handler.call(this, rest, verb.toUpperCase()) !== false;
  }

  async readLine_() {
    const bytes = await this.stream.readThrough(CRLF, LONGEST_COMMAND);
    if (bytes === null) return null;
    const line = bytes.toString('utf8', 0, bytes.length - 2);
    if (!/[\r\n\0]/.test(line)) return line;
    this.refuse(521, '5.5.2', 'Error: bare <CR>, <LF> or NUL received');
    return null;
  }

  reply(status, code, ...lines) {
    const prefix = code === null ? '' : `${code} `;
    this.socket.write(lines.map((line, i) => `${status}${i < lines.length - 1 ? '-' : ' '}${prefix}${line}\r\n`).join(''));
  }

  // Notes and answers a refusal; true, so that handlers can return it: the conversation goes on, except after 421 and 521.
  refuse(status, code, text, { address = this.recipients.join(','), why = text, fault = null } = {}) {
    this.note({ at: nowMicros(), address, status, accepted: false, why: `${status} ${code} ${why}`, fault });
    this.reply(status, code, text);
    return status !== 421 && status !== 521;
  }

  note(line, mail = null, body = null) {
    const header = (name) => mail?.headers[name] ?? '';
    const deliveryId = header('x-tidings-delivery') || header('message-id').replace(/^<|@[^@]*>$/g, '');
    const id = header('x-notification-id') || deliveryId;
    this.journal.add({ provider: 'smtp', address: '', id, deliveryId, ...line },
      { method: 'SMTP', path: this.client ?? '', protocol: this.secure ? 'TLS' : 'plain', headers: {}, body });
  }

  // Carries out a scripted fault of this stage; true when nothing more is to be said.
  async faulted(stage, request) {
    const fault = this.faults.take({ provider: 'smtp', ...request }, stage);
    if (fault === null) return false;
    if (fault.delayMs) await sleep(fault.delayMs);
    return this.carryOut(fault, request.address ?? '');
  }

  carryOut(fault, address) {
    if (fault.answer) {
      const { status, code, text } = describe(fault.answer);
      if (!this.refuse(status, code, text, { address, why: 'scripted fault', fault: 'answer' })) this.over = true;
      return true;
    }
    if (fault.reset || fault.lose === 'close' || fault.half) {
      this.note({ at: nowMicros(), address, status: 0, accepted: false, why: 'scripted fault', fault: 'reset' });
      this.breakOff();
      return true;
    }
    if (fault.lose === 'hang') this.over = this.hanging = true;
    return this.hanging;
  }

  breakOff() {
    this.over = true;
    if (this.socket.encrypted) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  async ehlo_(rest, verb) {
    if (await this.faulted('ehlo', {})) return !this.over;
    const name = rest.trim();
    if (!isEhloName(name)) return this.refuse(501, '5.5.4', `Invalid ${verb} name`);
    this.client = name;
    this.extended = verb === 'EHLO';
    this.resetTransaction();
    if (!this.extended) return this.reply(250, null, 'sandbox.example.com');
    const { starttls, auth, mechanisms, size } = this.relay.settings;
    const offers = ['sandbox.example.com', 'PIPELINING', `SIZE ${size}`, '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES'];
    if (starttls && !this.secure) offers.push('STARTTLS');
    if (auth && this.secure) offers.push(`AUTH ${mechanisms.join(' ')}`);
    return this.reply(250, null, ...offers);
  }

  async starttls_(rest) {
    if (!this.relay.settings.starttls) return this.refuse(502, '5.5.1', 'Error: command not implemented');
    if (this.secure) return this.refuse(554, '5.5.1', 'Error: TLS already active');
    if (rest !== '') return this.refuse(501, '5.5.4', 'Syntax: STARTTLS');
    // Commands sent before the handshake would be trusted as if they had come encrypted.
    if (this.stream.buffered > 0) return this.refuse(421, '4.7.0', 'Data after STARTTLS') && false;
    this.reply(220, '2.0.0', 'Ready to start TLS');
    this.stream.detach();
    const secured = new tls.TLSSocket(this.socket, { isServer: true, secureContext: this.relay.context });
    try {
      await once(secured, 'secure');
    } catch {
      return false;
    }
    this.attach(secured);
    Object.assign(this, { secure: true, client: null, extended: false, user: null });
    this.resetTransaction();
    return true;
  }

  async auth_(rest) {
    if (this.client === null || !this.extended) return this.refuse(503, '5.5.1', 'Error: send EHLO first');
    if (!this.secure) return this.refuse(538, '5.7.11', 'Encryption required for requested authentication mechanism');
    if (!this.relay.settings.auth) return this.refuse(502, '5.5.1', 'Error: authentication not enabled');
    if (this.user !== null) return this.refuse(503, '5.5.1', 'Error: already authenticated');
    if (await this.faulted('auth', {})) return !this.over;
    const ask = async (challenge) => {
      this.reply(334, null, challenge);
      return this.readLine_();
    };
    const answer = await readCredentials(rest.trim(), this.relay.settings.mechanisms, ask);
    if (answer.refusal) return this.refuse(...answer.refusal);
    if (answer.user !== this.account.user || answer.password !== this.account.password) {
      return this.refuse(535, '5.7.8', 'Error: authentication failed: bad user name or password');
    }
    this.user = answer.user;
    return this.reply(235, '2.7.0', 'Authentication successful');
  }

  mail_(rest) { return transaction.mail(this, rest); }
  rcpt_(rest) { return transaction.rcpt(this, rest); }
  data_(rest) { return transaction.data(this, rest); }

  rset_() {
    this.resetTransaction();
    return this.reply(250, '2.0.0', 'Ok');
  }

  noop_() { return this.reply(250, '2.0.0', 'Ok'); }
  vrfy_() { return this.reply(252, '2.0.0', 'Cannot verify, but will take the message'); }

  quit_() {
    this.reply(221, '2.0.0', 'Bye');
    return false;
  }
}

module.exports = { Session };
