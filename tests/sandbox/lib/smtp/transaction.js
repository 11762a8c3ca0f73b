'use strict';
// MAIL, RCPT and DATA of a session: each function is a command's handler, or a step of one. They answer false when the
// conversation is over.

const { setTimeout: sleep } = require('node:timers/promises');
const { isAddress, isOwnSender } = require('./addresses');
const { checkMail } = require('./mail_check');
const { describe, queueId } = require('./replies');
const { nowMicros } = require('../journal');

const CRLF = Buffer.from('\r\n');
const END_OF_DATA = Buffer.from('\r\n.\r\n');
const MOST_RECIPIENTS = 100;

async function mail(session, rest) {
  if (session.client === null) return session.refuse(503, '5.5.1', 'Error: send EHLO first');
  if (session.from !== null) return session.refuse(503, '5.5.1', 'Error: nested MAIL command');
  const { starttls, auth, messagesPerConnection } = session.relay.settings;
  if (starttls && !session.secure) return session.refuse(530, '5.7.0', 'Must issue a STARTTLS command first');
  if (auth && session.user === null) return session.refuse(530, '5.7.0', 'Authentication required');
  if (messagesPerConnection > 0 && session.accepted >= messagesPerConnection) return session.refuse(421, '4.7.0', 'Too many messages on this connection');
  if (await session.faulted('mail', {})) return !session.over;
  return acceptSender(session, rest);
}

function acceptSender(session, rest) {
  const match = /^ FROM:<([^<>]*)>((?: [A-Za-z0-9]+(?:=[\x21-\x3c\x3e-\x7e]+)?)*) ?$/i.exec(rest);
  if (match === null) return session.refuse(501, '5.5.4', 'Syntax: MAIL FROM:<address>');
  const [, address, list] = match;
  session.resetTransaction();
  for (const item of list.split(' ').filter(Boolean)) {
    const [name, value] = item.split('=');
    const { size } = session.relay.settings;
    if (name.toUpperCase() === 'SIZE' && size > 0 && Number(value) > size) return session.refuse(552, '5.3.4', 'Message size exceeds fixed limit');
    if (name.toUpperCase() === 'SMTPUTF8' && value === undefined) session.utf8 = true;
    else if (name.toUpperCase() === 'BODY' && /^(7BIT|8BITMIME)$/i.test(value)) session.eightBit = value.toUpperCase() === '8BITMIME';
    else if (!/^(SIZE=\d{1,12}|AUTH=.+)$/i.test(item)) return session.refuse(555, '5.5.4', `Unsupported option: ${item}`);
  }
  if (address === '' || !isAddress(address)) return session.refuse(553, '5.1.7', `<${address}>: bad sender address syntax`);
  if (/[^\x20-\x7e]/.test(address) && !session.utf8) return session.refuse(553, '5.6.7', 'Non-ASCII address without SMTPUTF8');
  if (!isOwnSender(address)) return session.refuse(553, '5.7.1', `<${address}>: Sender address rejected: not owned by user ${session.user}`);
  session.from = address;
  return session.reply(250, '2.1.0', 'Ok');
}

async function rcpt(session, rest) {
  if (session.from === null) return session.refuse(503, '5.5.1', 'Error: need MAIL command');
  const address = /^ TO:<([^<>]*)> ?$/i.exec(rest)?.[1];
  if (address === undefined) return session.refuse(501, '5.5.4', 'Syntax: RCPT TO:<address>');
  const about = { address };
  if (!isAddress(address)) return session.refuse(501, '5.1.3', `<${address}>: bad recipient address syntax`, about);
  if (/[^\x20-\x7e]/.test(address) && !session.utf8) return session.refuse(553, '5.6.7', 'Non-ASCII address without SMTPUTF8', about);
  if (!address.split('@')[1].includes('.')) return session.refuse(550, '5.1.2', `<${address}>: Domain not found`, about);
  if (session.recipients.length >= MOST_RECIPIENTS) return session.refuse(452, '4.5.3', 'Error: too many recipients', about);
  const dead = session.faults.deadCode('smtp', address);
  const scripted = dead ? describe({ code: dead.code }) : scriptedRecipient(address);
  if (scripted) return session.refuse(scripted.status, scripted.code, `<${address}>: ${scripted.text}`, about);
  if (session.faults.throttled('smtp')) return session.refuse(450, '4.7.1', `<${address}>: rate limited, try again later`, { address, why: 'throttled' });
  if (await session.faulted('rcpt', about)) return !session.over;
  session.recipients.push(address);
  return session.reply(250, '2.1.5', 'Ok');
}

// 550-5.1.1@example.net: an address that always fails; see README.
function scriptedRecipient(address) {
  const match = /^([45]\d\d)(?:-(\d\.\d{1,3}\.\d{1,3}))?@/.exec(address);
  return match && describe({ status: Number(match[1]), code: match[2] });
}

async function data(session, rest) {
  if (rest.trim() !== '') return session.refuse(501, '5.5.4', 'Syntax: DATA');
  if (session.recipients.length === 0) return session.refuse(503, '5.5.1', 'Error: need RCPT command');
  if (await session.faulted('data', { address: session.recipients.join(',') })) return !session.over;
  session.reply(354, null, 'End data with <CR><LF>.<CR><LF>');
  const bytes = await readMessage(session);
  if (bytes === null) {
    session.note({ at: nowMicros(), address: session.recipients.join(','), status: 0, accepted: false, why: 'connection lost before the final dot' });
    return false;
  }
  const goOn = await judge(session, bytes);
  session.resetTransaction();
  return goOn;
}

// The message without its final dot, dots unstuffed; null when the client went away or never stops.
async function readMessage(session) {
  const most = (session.relay.settings.size || 64 << 20) * 2 + 65536;
  if ((await session.stream.waitFor(3)).equals(Buffer.from('.\r\n'))) {
    await session.stream.readThrough(CRLF, 3);
    return Buffer.alloc(0);
  }
  const bytes = await session.stream.readThrough(END_OF_DATA, most);
  if (bytes === null) return null;
  const text = bytes.toString('latin1', 0, bytes.length - 3);
  return Buffer.from((text.startsWith('.') ? text.slice(1) : text).replaceAll('\r\n.', '\r\n'), 'latin1');
}

async function judge(session, bytes) {
  const at = nowMicros();
  const { mail, reply } = checkMail(bytes, { eightBit: session.eightBit });
  const body = { from: session.from, to: [...session.recipients], headers: mail?.headers, subject: mail?.subject, text: mail?.text, html: mail?.html,
    fromHeader: mail?.from, raw: bytes.toString('utf8') };
  const line = { at, address: session.recipients.join(',') };
  const refuse = ({ status, code, text }, fault = null, why = text) => {
    session.note({ ...line, status, accepted: false, why: `${status} ${code} ${why}`, fault }, mail, body);
    session.reply(status, code, text);
    return status !== 421;
  };
  const { size } = session.relay.settings;
  if (size > 0 && bytes.length > size) return refuse({ status: 552, code: '5.3.4', text: 'Message size exceeds fixed limit' });
  if (reply) return refuse(reply);
  const messageId = mail.headers['message-id'].replace(/^<|@[^@]*>$/g, '');
  const fault = session.faults.take({ provider: 'smtp', address: line.address, id: mail.headers['x-notification-id'] ?? messageId,
    deliveryId: mail.headers['x-tidings-delivery'] ?? messageId }, 'dot');
  if (fault?.answer) {
    if (fault.delayMs) await sleep(fault.delayMs);
    return refuse(describe(fault.answer), 'answer', 'scripted fault');
  }
  return settle(session, line, mail, body, fault);
}

async function settle(session, line, mail, body, fault) {
  const silent = Boolean(fault?.reset || fault?.lose);
  const name = fault === null ? null : fault.reset ? 'reset' : fault.lose ? 'lose' : fault.half ? 'half' : 'delay';
  const accepted = !fault?.reset;
  session.note({ ...line, status: silent ? 0 : 250, accepted, fault: name, why: accepted ? null : 'scripted fault' }, mail, body);
  if (accepted) ++session.accepted;
  if (fault?.delayMs) await sleep(fault.delayMs);
  if (fault?.lose === 'hang') return !(session.hanging = true);
  if (silent) {
    session.breakOff();
    return false;
  }
  if (fault?.half) {
    session.socket.end('250 2.0');
    return false;
  }
  return session.reply(250, '2.0.0', `Ok: queued as ${queueId()}`);
}

module.exports = { mail, rcpt, data };
