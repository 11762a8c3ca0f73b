'use strict';
// SASL PLAIN and LOGIN.

const BAD_BASE64 = [501, '5.5.2', 'Error: cannot decode base64'];
const CANCELLED = [501, '5.7.0', 'Authentication aborted'];

function decode(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  return Buffer.from(text, 'base64').toString('utf8');
}

async function askFor(prompt, ask) {
  const line = await ask(prompt);
  if (line === null || line === '*') return { refusal: CANCELLED };
  const text = decode(line);
  return text === null ? { refusal: BAD_BASE64 } : { text };
}

async function plain(initial, ask) {
  const { text, refusal } = await (initial === undefined ? askFor('', ask) : askFor('', () => (initial === '=' ? '' : initial)));
  if (refusal) return { refusal };
  const parts = text.split('\0');
  return parts.length === 3 ? { user: parts[1], password: parts[2] } : { refusal: BAD_BASE64 };
}

async function login(initial, ask) {
  const user = await (initial === undefined ? askFor('VXNlcm5hbWU6', ask) : askFor('', () => initial));
  if (user.refusal) return user;
  const password = await askFor('UGFzc3dvcmQ6', ask);
  return password.refusal ? password : { user: user.text, password: password.text };
}

// {user, password} or {refusal}. `ask(challenge)` sends a 334 and answers the client's line, null when it is gone.
async function readCredentials(text, mechanisms, ask) {
  const [mechanism, initial, ...rest] = text.split(' ');
  const name = mechanism.toUpperCase();
  if (rest.length > 0) return { refusal: [501, '5.5.4', 'Syntax: AUTH mechanism'] };
  if (!mechanisms.includes(name)) return { refusal: [504, '5.5.4', 'Unrecognized authentication type'] };
  return name === 'PLAIN' ? plain(initial, ask) : login(initial, ask);
}

module.exports = { readCredentials };
