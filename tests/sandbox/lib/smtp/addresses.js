'use strict';
// Addresses of the envelope and of header fields.

const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]";
const DOT_ATOM = `${ATEXT}+(?:\\.${ATEXT}+)*`;
const LABEL = '[A-Za-z0-9\\u0080-\\u{10ffff}](?:[A-Za-z0-9\\u0080-\\u{10ffff}-]{0,61}[A-Za-z0-9\\u0080-\\u{10ffff}])?';
const DOMAIN = `${LABEL}(?:\\.${LABEL})*`;
const ADDRESS = new RegExp(`^${DOT_ATOM}@${DOMAIN}$`, 'u');
const MESSAGE_ID = new RegExp(`^<${DOT_ATOM}@${DOT_ATOM}>$`, 'u');
const SENDER_DOMAIN = /(^|\.)(example\.(com|org|net)|example|test)$/i;

const isAddress = (text) => ADDRESS.test(text) && text.indexOf('@') <= 64 && text.length <= 254;
const domainOf = (address) => address.slice(address.lastIndexOf('@') + 1);
const isOwnSender = (address) => SENDER_DOMAIN.test(domainOf(address));
const isEhloName = (text) => new RegExp(`^(${DOMAIN}|\\[(IPv6:)?[0-9a-fA-F.:]+\\])$`, 'u').test(text) && !/[^\x21-\x7e]/.test(text);

// "NAME" <a@b>, c@d → [{name, address}]; null when it isn't a list of mailboxes. Names keep their encoded words.
function parseMailboxes(text) {
  const items = text.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g);
  if (items === null || items.join(',') !== text) return null;
  const mailboxes = items.map((item) => parseMailbox(item.trim()));
  return mailboxes.includes(null) ? null : mailboxes;
}

function parseMailbox(text) {
  const match = /^(.*?)\s*<([^<>\s]+)>$/.exec(text);
  if (match === null) return isAddress(text) ? { name: '', address: text } : null;
  const [, name, address] = match;
  if (!isAddress(address)) return null;
  if (/^"(?:[^"\\]|\\.)*"$/.test(name)) return { name: name.slice(1, -1).replace(/\\(.)/g, '$1'), address, quoted: true };
  return /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\s]*$/.test(name) ? { name, address } : null;
}

module.exports = { MESSAGE_ID, domainOf, isAddress, isEhloName, isOwnSender, parseMailboxes };
