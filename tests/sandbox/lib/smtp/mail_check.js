'use strict';
// Judges one received message and reads it: everything a strict relay or receiver could hold against it.

const { MailProblem, decodeWords } = require('./words');
const { fieldValue, onlyOnce, readEntity, splitMessage } = require('./mime');
const { MESSAGE_ID, isOwnSender, parseMailboxes } = require('./addresses');

const REQUIRED = ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type'];
const SINGLE = [...REQUIRED, 'cc', 'bcc', 'reply-to', 'sender', 'in-reply-to', 'references', 'content-transfer-encoding', 'list-unsubscribe',
  'list-unsubscribe-post', 'auto-submitted', 'x-notification-id', 'x-tidings-delivery'];
const ADDRESS_FIELDS = ['from', 'to', 'cc', 'reply-to', 'sender'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DATE = /^(?:(\w{3}), )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) ([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60) [+-]\d{4}$/;

function checkOctets(text) {
  const bare = /\r(?!\n)|(?<!\r)\n/.exec(text);
  if (bare !== null) throw new MailProblem(`bare ${bare[0] === '\r' ? 'CR' : 'LF'} at octet ${bare.index}`);
  if (text.includes('\0')) throw new MailProblem('NUL in the message');
  const long = text.split('\r\n').findIndex((line) => line.length > 998);
  if (long >= 0) throw new MailProblem(`line ${long + 1} is longer than 998 octets`);
}

function checkFields(fields) {
  for (const { name, value } of fields) {
    if (/[^\t\x20-\x7e]/.test(value)) throw new MailProblem(`${name}: only printable ASCII is allowed`);
  }
  onlyOnce(fields, SINGLE, 'header');
  const missing = REQUIRED.find((name) => !fieldValue(fields, name));
  if (missing !== undefined) throw new MailProblem(`header: ${missing} is missing or empty`);
  if (fieldValue(fields, 'bcc') !== undefined) throw new MailProblem('header: bcc must not be sent');
  if (fieldValue(fields, 'mime-version') !== '1.0') throw new MailProblem('header: MIME-Version must be 1.0');
  if (!MESSAGE_ID.test(fieldValue(fields, 'message-id'))) throw new MailProblem('header: bad Message-ID');
}

function checkDate(text) {
  const match = DATE.exec(text);
  const when = match && new Date(`${text.replace(/^\w{3}, /, '').replace(/ [+-]\d{4}$/, '').split(' ').slice(0, 3).join(' ')} UTC`);
  if (!match || Number.isNaN(when.getTime())) throw new MailProblem(`header: bad Date ${JSON.stringify(text)}`);
  if (match[1] !== undefined && DAYS[when.getUTCDay()] !== match[1]) throw new MailProblem('header: Date names the wrong day of the week');
}

function readAddresses(fields) {
  const read = {};
  for (const name of ADDRESS_FIELDS) {
    const value = fieldValue(fields, name);
    if (value === undefined) continue;
    const mailboxes = parseMailboxes(value);
    if (mailboxes === null) throw new MailProblem(`${name}: not a list of addresses: ${JSON.stringify(value.slice(0, 100))}`);
    read[name] = mailboxes.map(({ name: display, address, quoted }) => {
      if (quoted && display.includes('=?')) throw new MailProblem(`${name}: encoded word inside a quoted string`);
      return { name: decodeWords(display, name), address };
    });
  }
  if (read.from.length !== 1) throw new MailProblem('from: exactly one address is expected');
  return read;
}

// RFC 2369 and 8058.
function checkUnsubscribe(fields) {
  const list = fieldValue(fields, 'list-unsubscribe');
  const post = fieldValue(fields, 'list-unsubscribe-post');
  if (list === undefined && post === undefined) return;
  if (list === undefined) throw new MailProblem('list-unsubscribe-post without list-unsubscribe');
  const uris = list.split(/,\s*/).map((item) => /^<((?:https?:\/\/|mailto:)[^<>\s]+)>$/.exec(item)?.[1]);
  if (uris.includes(undefined)) throw new MailProblem('list-unsubscribe: expected <https://…> and <mailto:…>, separated by commas');
  if (post === undefined) return;
  if (post !== 'List-Unsubscribe=One-Click') throw new MailProblem('list-unsubscribe-post: must be List-Unsubscribe=One-Click');
  if (!uris.some((uri) => uri.startsWith('https://'))) throw new MailProblem('list-unsubscribe: one-click needs an https address');
}

// What the page and the list of requests show.
function readMail(bytes, eightBit) {
  const raw = bytes.toString('latin1');
  checkOctets(raw);
  const message = splitMessage(raw, 'header');
  const { fields } = message;
  checkFields(fields);
  checkDate(fieldValue(fields, 'date'));
  checkUnsubscribe(fields);
  const addresses = readAddresses(fields);
  const leaves = readEntity(message, { where: 'body', depth: 0, eightBit });
  const text = (type) => leaves.find((leaf) => leaf.type === type)?.text ?? null;
  if (text('text/plain') === null && text('text/html') === null) throw new MailProblem('body: neither plain text nor HTML');
  return { ...addresses, headers: Object.fromEntries(fields.map(({ name, value }) => [name, value])),
    subject: decodeWords(fieldValue(fields, 'subject'), 'subject'), text: text('text/plain'), html: text('text/html') };
}

// {mail, reply}: `reply` is null, or {status, code, text} to refuse it with.
function checkMail(bytes, { eightBit = false } = {}) {
  try {
    const mail = readMail(bytes, eightBit);
    const allowed = isOwnSender(mail.from[0].address);
    const reply = allowed ? null : { status: 550, code: '5.7.1', text: `From address <${mail.from[0].address}> is not allowed for this account` };
    return { mail, reply };
  } catch (error) {
    if (!(error instanceof MailProblem)) throw error;
    return { mail: null, reply: { status: 554, code: '5.6.0', text: `Message not acceptable: ${error.message}` } };
  }
}

module.exports = { checkMail };
