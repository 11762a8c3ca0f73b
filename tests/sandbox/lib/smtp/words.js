'use strict';
// RFC 2047 encoded words. A MailProblem says what a strict receiver has against a message.

class MailProblem extends Error {}

const WORD = /=\?([^?\s]+)\?([A-Za-z])\?([^?\s]*)\?=/g;

function decodeBytes(charset, bytes, where) {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw new MailProblem(`${where}: not valid ${charset}`);
  }
}

function decodeWord([word, charset, encoding, text], where) {
  if (word.length > 75) throw new MailProblem(`${where}: encoded word of ${word.length} characters, at most 75`);
  if (encoding.toUpperCase() === 'B') {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new MailProblem(`${where}: bad base64 in ${word}`);
    return decodeBytes(charset, Buffer.from(text, 'base64'), `${where}: ${word}`);
  }
  if (encoding.toUpperCase() !== 'Q') throw new MailProblem(`${where}: unknown encoding in ${word}`);
  if (/=(?![0-9A-F]{2})/.test(text)) throw new MailProblem(`${where}: bad quoted-printable in ${word}`);
  const latin1 = text.replaceAll('_', ' ').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeBytes(charset, Buffer.from(latin1, 'latin1'), `${where}: ${word}`);
}

// Text of an unfolded header value. White space between two encoded words vanishes.
function decodeWords(value, where) {
  let out = '';
  let end = 0;
  for (const match of value.matchAll(WORD)) {
    const between = value.slice(end, match.index);
    const after = value[match.index + match[0].length];
    if ((end > 0 || between !== '') && !/[\s(]$/.test(between)) throw new MailProblem(`${where}: an encoded word must stand alone`);
    if (after !== undefined && !/[\s)]/.test(after)) throw new MailProblem(`${where}: an encoded word must stand alone`);
    out += (end > 0 && /^\s+$/.test(between) ? '' : between) + decodeWord(match, where);
    end = match.index + match[0].length;
  }
  const rest = value.slice(end);
  if (value.replace(WORD, '').includes('=?')) throw new MailProblem(`${where}: broken encoded word`);
  return out + rest;
}

module.exports = { MailProblem, decodeBytes, decodeWords };
