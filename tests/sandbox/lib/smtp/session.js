'use strict';
// One SMTP conversation. Reads commands one after the other; every refusal is noted in the journal.

const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const tls = require('node:tls');
const { ByteStream } = require('./byte_stream');
const { isAddress, isEhloName, isOwnSender } = require('./addresses');
const { readCredentials } = require('./auth');
const { checkMail } = require('./mail_check');
const { describe, queueId } = require('./replies');
const { nowMicros } = require('../journal');

const CRLF = Buffer.from('\r\n');
const END_OF_DATA = Buffer.from('\r\n.\r\n');
const LONGEST_COMMAND = 12288;
const MOST_RECIPIENTS = 100;

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
    this.attach_(socket);
    this.resetTransaction_();
  }

  attach_(socket) {
    this.socket = socket;
    this.stream = new ByteStream(socket);
    socket.on('error', () => {});
  }

  resetTransaction_() { Object.assign(this, { from: null, recipients: [], eightBit: false, utf8: false }); }

  async run() {
    if (await this.faulted_('connect', {})) return;
    this.reply_(220, null, 'sandbox.example.com ESMTP');
    while (!this.over && !this.socket.destroyed && await this.step_());
    if (!this.hanging) this.socket.end();
  }

  // Answers false when the conversation is over.
  async step_() {
    const line = await this.readLine_();
    if (line === null) return false;
    const [, verb, rest] = /^([A-Za-z]*)(.*)$/s.exec(line);
    const handler = { EHLO: this.ehlo_, HELO: this.ehlo_, STARTTLS: this.starttls_, AUTH: this.auth_, MAIL: this.mail_, RCPT: this.rcpt_,
      DATA: this.data_, RSET: this.rset_, NOOP: this.noop_, QUIT: this.quit_, VRFY: this.vrfy_ }[verb.toUpperCase()];
    if (handler === undefined) return this.refuse_(502, '5.5.2', 'Error: command not recognized');
    return await handler.call(this, rest, verb.toUpperCase()) !== false;
  }

  async readLine_() {
    const bytes = await this.stream.readThrough(CRLF, LONGEST_COMMAND);
    if (bytes === null) return null;
    const line = bytes.toString('utf8', 0, bytes.length - 2);
    if (!/[\r\n\0]/.test(line)) return line;
    this.refuse_(521, '5.5.2', 'Error: bare <CR>, <LF> or NUL received');
    return null;
  }

  reply_(status, code, ...lines) {
    const prefix = code === null ? '' : `${code} `;
    this.socket.write(lines.map((line, i) => `${status}${i < lines.length - 1 ? '-' : ' '}${prefix}${line}\r\n`).join(''));
  }

  // Notes and answers a refusal; true, so that handlers can return it: the conversation goes on, except after 421 and 521.
  refuse_(status, code, text, { address = this.recipients.join(','), why = text, fault = null } = {}) {
    this.note_({ at: nowMicros(), address, status, accepted: false, why: `${status} ${code} ${why}`, fault });
    this.reply_(status, code, text);
    return status !== 421 && status !== 521;
  }

  note_(line, mail = null, body = null) {
    const header = (name) => mail?.headers[name] ?? '';
    const deliveryId = header('x-tidings-delivery') || header('message-id').replace(/^<|@[^@]*>$/g, '');
    const id = header('x-notification-id') || deliveryId;
    this.journal.add({ provider: 'smtp', address: '', id, deliveryId, ...line },
      { method: 'SMTP', path: this.client ?? '', protocol: this.secure ? 'TLS' : 'plain', headers: {}, body });
  }

  // Carries out a scripted fault of this stage; true when nothing more is to be said.
  async faulted_(stage, request) {
    const fault = this.faults.take({ provider: 'smtp', ...request }, stage);
    if (fault === null) return false;
    if (fault.delayMs) await sleep(fault.delayMs);
    return this.carryOut_(fault, request.address ?? '');
  }

  carryOut_(fault, address) {
    if (fault.answer) {
      const { status, code, text } = describe(fault.answer);
      if (!this.refuse_(status, code, text, { address, why: 'scripted fault', fault: 'answer' })) this.over = true;
      return true;
    }
    if (fault.reset || fault.lose === 'close' || fault.half) {
      this.note_({ at: nowMicros(), address, status: 0, accepted: false, why: 'scripted fault', fault: 'reset' });
      this.breakOff_();
      return true;
    }
    if (fault.lose === 'hang') this.over = this.hanging = true;
    return this.hanging;
  }

  breakOff_() {
    this.over = true;
    if (this.socket.encrypted) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  async ehlo_(rest, verb) {
    if (await this.faulted_('ehlo', {})) return !this.over;
    const name = rest.trim();
    if (!isEhloName(name)) return this.refuse_(501, '5.5.4', `Invalid ${verb} name`);
    this.client = name;
    this.extended = verb === 'EHLO';
    this.resetTransaction_();
    if (!this.extended) return this.reply_(250, null, 'sandbox.example.com');
    const { starttls, auth, mechanisms, size } = this.relay.settings;
    const offers = ['sandbox.example.com', 'PIPELINING', `SIZE ${size}`, '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES'];
    if (starttls && !this.secure) offers.push('STARTTLS');
    if (auth && this.secure) offers.push(`AUTH ${mechanisms.join(' ')}`);
    return this.reply_(250, null, ...offers);
  }

  async starttls_(rest) {
    if (!this.relay.settings.starttls) return this.refuse_(502, '5.5.1', 'Error: command not implemented');
    if (this.secure) return this.refuse_(554, '5.5.1', 'Error: TLS already active');
    if (rest !== '') return this.refuse_(501, '5.5.4', 'Syntax: STARTTLS');
    // Commands sent before the handshake would be trusted as if they had come encrypted.
    if (this.stream.buffered > 0) return this.refuse_(421, '4.7.0', 'Data after STARTTLS') && false;
    this.reply_(220, '2.0.0', 'Ready to start TLS');
    this.stream.detach();
    const secured = new tls.TLSSocket(this.socket, { isServer: true, secureContext: this.relay.context });
    try {
      await once(secured, 'secure');
    } catch {
      return false;
    }
    this.attach_(secured);
    Object.assign(this, { secure: true, client: null, extended: false, user: null });
    this.resetTransaction_();
    return true;
  }

  async auth_(rest) {
    if (this.client === null || !this.extended) return this.refuse_(503, '5.5.1', 'Error: send EHLO first');
    if (!this.secure) return this.refuse_(538, '5.7.11', 'Encryption required for requested authentication mechanism');
    if (!this.relay.settings.auth) return this.refuse_(502, '5.5.1', 'Error: authentication not enabled');
    if (this.user !== null) return this.refuse_(503, '5.5.1', 'Error: already authenticated');
    if (await this.faulted_('auth', {})) return !this.over;
    const ask = async (challenge) => {
      this.reply_(334, null, challenge);
      return this.readLine_();
    };
    const answer = await readCredentials(rest.trim(), this.relay.settings.mechanisms, ask);
    if (answer.refusal) return this.refuse_(...answer.refusal);
    if (answer.user !== this.account.user || answer.password !== this.account.password) {
      return this.refuse_(535, '5.7.8', 'Error: authentication failed: bad user name or password');
    }
    this.user = answer.user;
    return this.reply_(235, '2.7.0', 'Authentication successful');
  }

  async mail_(rest) {
    if (this.client === null) return this.refuse_(503, '5.5.1', 'Error: send EHLO first');
    if (this.from !== null) return this.refuse_(503, '5.5.1', 'Error: nested MAIL command');
    const { starttls, auth, messagesPerConnection } = this.relay.settings;
    if (starttls && !this.secure) return this.refuse_(530, '5.7.0', 'Must issue a STARTTLS command first');
    if (auth && this.user === null) return this.refuse_(530, '5.7.0', 'Authentication required');
    if (messagesPerConnection > 0 && this.accepted >= messagesPerConnection) return this.refuse_(421, '4.7.0', 'Too many messages on this connection');
    if (await this.faulted_('mail', {})) return !this.over;
    return this.acceptSender_(rest);
  }

  acceptSender_(rest) {
    const match = /^ FROM:<([^<>]*)>((?: [A-Za-z0-9]+(?:=[\x21-\x3c\x3e-\x7e]+)?)*) ?$/i.exec(rest);
    if (match === null) return this.refuse_(501, '5.5.4', 'Syntax: MAIL FROM:<address>');
    const [, address, list] = match;
    for (const item of list.split(' ').filter(Boolean)) {
      const [name, value] = item.split('=');
      if (name.toUpperCase() === 'SIZE' && Number(value) > this.relay.settings.size) return this.refuse_(552, '5.3.4', 'Message size exceeds fixed limit');
      if (name.toUpperCase() === 'SMTPUTF8' && value === undefined) this.utf8 = true;
      else if (name.toUpperCase() === 'BODY' && /^(7BIT|8BITMIME)$/i.test(value)) this.eightBit = value.toUpperCase() === '8BITMIME';
      else if (!/^(SIZE=\d{1,12}|AUTH=.+)$/i.test(item)) return this.refuse_(555, '5.5.4', `Unsupported option: ${item}`);
    }
    if (address === '' || !isAddress(address)) return this.refuse_(553, '5.1.7', `<${address}>: bad sender address syntax`);
    if (/[^\x20-\x7e]/.test(address) && !this.utf8) return this.refuse_(553, '5.6.7', 'Non-ASCII address without SMTPUTF8');
    if (!isOwnSender(address)) return this.refuse_(553, '5.7.1', `<${address}>: Sender address rejected: not owned by user ${this.user}`);
    this.from = address;
    return this.reply_(250, '2.1.0', 'Ok');
  }

  async rcpt_(rest) {
    if (this.from === null) return this.refuse_(503, '5.5.1', 'Error: need MAIL command');
    const address = /^ TO:<([^<>]*)> ?$/i.exec(rest)?.[1];
    if (address === undefined) return this.refuse_(501, '5.5.4', 'Syntax: RCPT TO:<address>');
    const about = { address };
    if (!isAddress(address)) return this.refuse_(501, '5.1.3', `<${address}>: bad recipient address syntax`, about);
    if (/[^\x20-\x7e]/.test(address) && !this.utf8) return this.refuse_(553, '5.6.7', 'Non-ASCII address without SMTPUTF8', about);
    if (!address.split('@')[1].includes('.')) return this.refuse_(550, '5.1.2', `<${address}>: Domain not found`, about);
    if (this.recipients.length >= MOST_RECIPIENTS) return this.refuse_(452, '4.5.3', 'Error: too many recipients', about);
    const dead = this.faults.deadCode('smtp', address);
    const scripted = dead ? describe({ code: dead.code }) : this.scriptedRecipient_(address);
    if (scripted) return this.refuse_(scripted.status, scripted.code, `<${address}>: ${scripted.text}`, about);
    if (this.faults.throttled('smtp')) return this.refuse_(450, '4.7.1', `<${address}>: rate limited, try again later`, { address, why: 'throttled' });
    if (await this.faulted_('rcpt', about)) return !this.over;
    this.recipients.push(address);
    return this.reply_(250, '2.1.5', 'Ok');
  }

  // 550-5.1.1@example.net: an address that always fails; see README.
  scriptedRecipient_(address) {
    const match = /^([45]\d\d)(?:-(\d\.\d{1,3}\.\d{1,3}))?@/.exec(address);
    return match && describe({ status: Number(match[1]), code: match[2] });
  }

  async data_(rest) {
    if (rest.trim() !== '') return this.refuse_(501, '5.5.4', 'Syntax: DATA');
    if (this.recipients.length === 0) return this.refuse_(503, '5.5.1', 'Error: need RCPT command');
    if (await this.faulted_('data', { address: this.recipients.join(',') })) return !this.over;
    this.reply_(354, null, 'End data with <CR><LF>.<CR><LF>');
    const bytes = await this.readMessage_();
    if (bytes === null) {
      this.note_({ at: nowMicros(), address: this.recipients.join(','), status: 0, accepted: false, why: 'connection lost before the final dot' });
      return false;
    }
    const goOn = await this.judge_(bytes);
    this.resetTransaction_();
    return goOn;
  }

  // The message without its final dot, dots unstuffed; null when the client went away.
  async readMessage_() {
    const most = Math.max(this.relay.settings.size, 1) * 2 + 65536;
    if ((await this.stream.waitFor(3)).equals(Buffer.from('.\r\n'))) {
      await this.stream.readThrough(CRLF, 3);
      return Buffer.alloc(0);
    }
    const bytes = await this.stream.readThrough(END_OF_DATA, most);
    if (bytes === null) return null;
    const text = bytes.toString('latin1', 0, bytes.length - 3);
    return Buffer.from((text.startsWith('.') ? text.slice(1) : text).replaceAll('\r\n.', '\r\n'), 'latin1');
  }

  async judge_(bytes) {
    const at = nowMicros();
    const { mail, reply } = checkMail(bytes, { eightBit: this.eightBit });
    const body = { from: this.from, to: [...this.recipients], headers: mail?.headers, subject: mail?.subject, text: mail?.text, html: mail?.html,
      fromHeader: mail?.from, raw: bytes.toString('utf8') };
    const line = { at, address: this.recipients.join(',') };
    const refuse = ({ status, code, text }, fault = null, why = text) => {
      this.note_({ ...line, status, accepted: false, why: `${status} ${code} ${why}`, fault }, mail, body);
      this.reply_(status, code, text);
      return status !== 421;
    };
    const { size } = this.relay.settings;
    if (size > 0 && bytes.length > size) return refuse({ status: 552, code: '5.3.4', text: 'Message size exceeds fixed limit' });
    if (reply) return refuse(reply);
    const messageId = mail.headers['message-id'].replace(/^<|@[^@]*>$/g, '');
    const fault = this.faults.take({ provider: 'smtp', address: line.address, id: mail.headers['x-notification-id'] ?? messageId,
      deliveryId: mail.headers['x-tidings-delivery'] ?? messageId }, 'dot');
    if (fault?.answer) {
      if (fault.delayMs) await sleep(fault.delayMs);
      return refuse(describe(fault.answer), 'answer', 'scripted fault');
    }
    return this.settle_(line, mail, body, fault);
  }

  async settle_(line, mail, body, fault) {
    const silent = Boolean(fault?.reset || fault?.lose);
    const name = fault === null ? null : fault.reset ? 'reset' : fault.lose ? 'lose' : fault.half ? 'half' : 'delay';
    const accepted = !fault?.reset;
    this.note_({ ...line, status: silent ? 0 : 250, accepted, fault: name, why: accepted ? null : 'scripted fault' }, mail, body);
    if (accepted) ++this.accepted;
    if (fault?.delayMs) await sleep(fault.delayMs);
    if (fault?.lose === 'hang') return !(this.hanging = true);
    if (silent) {
      this.breakOff_();
      return false;
    }
    if (fault?.half) {
      this.socket.end('250 2.0');
      return false;
    }
    return this.reply_(250, '2.0.0', `Ok: queued as ${queueId()}`);
  }

  rset_() {
    this.resetTransaction_();
    return this.reply_(250, '2.0.0', 'Ok');
  }

  noop_() { return this.reply_(250, '2.0.0', 'Ok'); }
  vrfy_() { return this.reply_(252, '2.0.0', 'Cannot verify, but will take the message'); }

  quit_() {
    this.reply_(221, '2.0.0', 'Bye');
    return false;
  }
}

module.exports = { Session };
