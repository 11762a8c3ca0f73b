'use strict';
// What the tests share: a running sandbox, and clients for it.

const crypto = require('node:crypto');
const fs = require('node:fs');
const http2 = require('node:http2');
const os = require('node:os');
const path = require('node:path');
const { startSandbox } = require('./lib/sandbox');

async function withSandbox(context, options = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-sandbox-'));
  const sandbox = await startSandbox({ ports: { http: 0, tls: 0, smtp: 0, smtps: 0, control: 0 }, dir, host: '127.0.0.1', publicHost: '127.0.0.1',
    keep: 1000, tokenLifetime: 3600, ...options });
  context.after(async () => {
    await sandbox.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return { ...sandbox, dir };
}

async function control(ready, method, where, body) {
  const response = await fetch(`${ready.control}${where}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: response.status, ...await response.json() };
}

const readAccount = (ready) => JSON.parse(fs.readFileSync(ready.fcm.serviceAccountFile, 'utf8'));
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function makeJwt(account, claims = {}, header = {}, key = account.private_key) {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: account.client_email, scope: 'https://www.googleapis.com/auth/firebase.messaging', aud: account.token_uri, iat: now,
    exp: now + 3600, ...claims };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id, ...header })}.${encode(all)}`;
  return `${signed}.${crypto.sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

function askForToken(ready, fields) {
  return fetch(`${ready.http}/token`, { method: 'POST', body: new URLSearchParams(fields) });
}

async function accessToken(ready) {
  const response = await askForToken(ready, { grant_type: GRANT, assertion: makeJwt(readAccount(ready)) });
  return (await response.json()).access_token;
}

function pushTo(token, more = {}) {
  return { message: { token, notification: { title: 'Hello', body: 'You have a message' }, ...more } };
}

// A function that posts to messages:send: (body, headers) → {status, headers, json, text}.
function sender(ready, bearer) {
  return async (body, headers = {}) => {
    const response = await fetch(`${ready.http}/v1/projects/tidings-sandbox/messages:send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json; charset=UTF-8', ...headers },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const json = text.startsWith('{') ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, text, json };
  };
}

// One HTTP/2 request over TLS; rejects when the stream or the connection is broken off.
function postHttp2(ready, where, headers, body) {
  const session = http2.connect(ready.https, { ca: fs.readFileSync(ready.caFile) });
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': where, ...headers });
    const chunks = [];
    let status;
    let retired = false;
    session.on('goaway', () => { retired = true; });
    stream.on('response', (answer) => { status = answer[':status']; });
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('aborted', () => reject(new Error('aborted')));
    stream.on('close', () => (stream.rstCode === 0 && status !== undefined
      ? resolve({ status, retired, text: Buffer.concat(chunks).toString() }) : reject(new Error(`stream ended with ${stream.rstCode}`))));
    stream.end(body);
  }).finally(() => session.close());
}

module.exports = { GRANT, accessToken, askForToken, control, makeJwt, postHttp2, pushTo, readAccount, sender, withSandbox };
