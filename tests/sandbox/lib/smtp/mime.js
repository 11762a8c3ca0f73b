'use strict';
// MIME: header fields, parts and their encodings, read strictly. Everything wrong throws MailProblem.
// Input is a message as a latin1 string, one character per octet, lines ending CRLF.

const { MailProblem, decodeBytes } = require('./words');

const DEEPEST = 8;
const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`{|}~-]+";

// {fields: [{name, value, raw}], body}; values unfolded.
function splitMessage(text, where) {
  const lines = text.split('\r\n');
  const fields = [];
  let i = 0;
  for (; i < lines.length && lines[i] !== ''; ++i) {
    const line = lines[i];
    if (/^[ \t]/.test(line)) {
      if (fields.length === 0 || line.trim() === '') throw new MailProblem(`${where}: continuation line without a field or text`);
      fields.at(-1).value += line;
      continue;
    }
    const match = /^([!-9;-~]+):(.*)$/.exec(line);
    if (match === null) throw new MailProblem(`${where}: not a header field: ${JSON.stringify(line.slice(0, 60))}`);
    fields.push({ name: match[1].toLowerCase(), value: match[2] });
  }
  for (const field of fields) field.value = field.value.trim();
  return { fields, body: lines.slice(i + 1).join('\r\n') };
}

const fieldValue = (fields, name) => fields.find((field) => field.name === name)?.value;

function onlyOnce(fields, names, where) {
  for (const name of names) {
    if (fields.filter((field) => field.name === name).length > 1) throw new MailProblem(`${where}: ${name} given more than once`);
  }
}

// 'text/plain; charset="UTF-8"' → {type, parameters}
function parseContentType(value, where) {
  const head = new RegExp(`^(${TOKEN}/${TOKEN})\\s*`).exec(value);
  if (head === null) throw new MailProblem(`${where}: bad Content-Type ${JSON.stringify(value)}`);
  const parameters = {};
  const rest = value.slice(head[0].length);
  const parameter = new RegExp(`;\\s*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")\\s*`, 'y');
  while (parameter.lastIndex < rest.length) {
    const match = parameter.exec(rest);
    if (match === null) throw new MailProblem(`${where}: bad Content-Type parameter in ${JSON.stringify(value)}`);
    parameters[match[1].toLowerCase()] = match[2] ?? match[3].replace(/\\(.)/g, '$1');
  }
  return { type: head[1].toLowerCase(), parameters };
}

function decodeBase64(body, where) {
  const lines = body.replace(/(\r\n)+$/, '').split('\r\n');
  const long = lines.find((line) => line.length > 76);
  if (long !== undefined) throw new MailProblem(`${where}: base64 line of ${long.length} characters, at most 76`);
  const text = lines.join('');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new MailProblem(`${where}: bad base64`);
  return Buffer.from(text, 'base64');
}

function decodeQuotedPrintable(body, where) {
  for (const line of body.split('\r\n')) {
    if (line.length > 76) throw new MailProblem(`${where}: quoted-printable line of ${line.length} characters, at most 76`);
    if (/[ \t]$/.test(line)) throw new MailProblem(`${where}: quoted-printable line ends in white space`);
    if (/=(?![0-9A-F]{2}|$)/.test(line) || /[^\t\x20-\x7e]/.test(line)) throw new MailProblem(`${where}: bad quoted-printable`);
  }
  const latin1 = body.replaceAll('=\r\n', '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}

function decodeTransfer(encoding, body, where, eightBit) {
  if (encoding === 'base64') return decodeBase64(body, where);
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body, where);
  if (encoding !== '7bit' && encoding !== '8bit') throw new MailProblem(`${where}: unknown Content-Transfer-Encoding ${encoding}`);
  if (/[\x80-\xff]/.test(body) && !(encoding === '8bit' && eightBit)) throw new MailProblem(`${where}: 8-bit text in ${encoding}`);
  return Buffer.from(body, 'latin1');
}

// The texts between the delimiters of a multipart body.
function splitParts(body, boundary, where) {
  if (boundary === undefined || !/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw new MailProblem(`${where}: multipart without a good boundary`);
  }
  const parts = [];
  let current = null;
  for (const line of body.split('\r\n')) {
    const bare = line.replace(/[ \t]+$/, '');
    if (bare === `--${boundary}` || bare === `--${boundary}--`) {
      if (current !== null) parts.push(current.join('\r\n'));
      if (bare.endsWith('--') && bare.length > boundary.length + 2) return parts;
      current = [];
    } else {
      current?.push(line);
    }
  }
  throw new MailProblem(`${where}: multipart never closed`);
}

function readMultipart(type, parameters, encoding, body, context) {
  if (encoding !== '7bit' && encoding !== '8bit') throw new MailProblem(`${context.where}: ${encoding} on a multipart`);
  if (context.depth >= DEEPEST) throw new MailProblem(`${context.where}: parts nested too deep`);
  const parts = splitParts(body, parameters.boundary, context.where);
  if (parts.length === 0) throw new MailProblem(`${context.where}: multipart without parts`);
  const leaves = parts.map((part, i) => {
    const where = `part ${i + 1}`;
    const split = splitMessage(part, where);
    onlyOnce(split.fields, ['content-type', 'content-transfer-encoding'], where);
    return readEntity(split, { ...context, where, depth: context.depth + 1 });
  });
  if (type === 'multipart/alternative' && leaves.length > 1 && leaves[0][0]?.type === 'text/html') {
    throw new MailProblem(`${context.where}: the plain alternative must come before the HTML one`);
  }
  return leaves.flat();
}

// All leaves of an entity: [{type, text | bytes}].
function readEntity({ fields, body }, context) {
  const { type, parameters } = parseContentType(fieldValue(fields, 'content-type') ?? 'text/plain', context.where);
  const encoding = (fieldValue(fields, 'content-transfer-encoding') ?? '7bit').toLowerCase();
  if (type.startsWith('multipart/')) return readMultipart(type, parameters, encoding, body, context);
  const bytes = decodeTransfer(encoding, body, context.where, context.eightBit);
  if (!type.startsWith('text/')) return [{ type, bytes }];
  const charset = (parameters.charset ?? 'us-ascii').toLowerCase();
  if (charset === 'us-ascii' && bytes.some((byte) => byte > 127)) throw new MailProblem(`${context.where}: not ASCII, and no charset given`);
  return [{ type, text: decodeBytes(charset === 'us-ascii' ? 'utf-8' : charset, bytes, context.where) }];
}

module.exports = { fieldValue, onlyOnce, readEntity, splitMessage };
