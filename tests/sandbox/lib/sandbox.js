'use strict';
// All listeners of one sandbox and the state they share.

const http = require('node:http');
const http2 = require('node:http2');
const { once } = require('node:events');
const fs = require('node:fs');
const credentials = require('./credentials');
const { loadTls, loadServiceAccount } = require('./identity');
const { Journal } = require('./journal');
const { Faults } = require('./faults');
const { makeFront } = require('./front');
const { makeControl } = require('./control');
const { AccessTokens } = require('./fcm/access_tokens');
const { SmtpRelay } = require('./smtp/relay');

const IDLE_MS = 120_000;  // Node's own 5 s would close connections that clients rightly want to reuse

async function listen(server, port, host) {
  server.listen(port, host);
  await once(server, 'listening');
  return server.address().port;
}

// A function that closes the servers with all their connections.
function closer(servers) {
  const open = new Set();
  for (const server of servers) {
    server.on('connection', (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    });
  }
  return () => {
    const closed = servers.map((server) => new Promise((resolve) => { server.close(resolve); }));
    for (const socket of open) socket.destroy();
    return Promise.all(closed);
  };
}

async function listenAll(servers, ports, host) {
  const bound = {};
  for (const [name, server] of Object.entries(servers)) {
    try {
      bound[name] = await listen(server, ports[name], host);
    } catch (error) {
      throw new Error(`${name} port ${ports[name]} on ${host}: ${error.message}`);
    }
  }
  return bound;
}

function readyLine(options, ports, tls, account) {
  const at = (scheme, port) => `${scheme}://${options.publicHost}:${port}`;
  const { serviceAccountFile, serviceAccountTlsFile } = account;
  return {
    ready: true, pid: process.pid, dir: options.dir, host: options.publicHost, ports,
    http: at('http', ports.http), https: at('https', ports.tls), control: at('http', ports.control), page: `${at('http', ports.http)}/`,
    caFile: tls.caFile,
    fcm: { projectId: credentials.fcm.projectId, serviceAccountFile, serviceAccountTlsFile },
    twilio: credentials.twilio,
    smtp: credentials.smtp,
  };
}

// Answers {ready, close()}. Throws when a port is taken or openssl fails.
async function startSandbox(options) {
  fs.mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const tls = loadTls(options.dir, options.publicHost);
  const state = { journal: new Journal({ keep: options.keep, recordFile: options.record }), faults: new Faults(), credentials,
    tokens: new AccessTokens(options.tokenLifetime), account: null, ownTokenUrls: [], tokenUrls: [] };
  state.relay = new SmtpRelay(state, tls);
  const front = makeFront(state);
  const servers = {
    http: http.createServer({ keepAliveTimeout: IDLE_MS }, front),
    tls: http2.createSecureServer({ key: tls.key, cert: tls.cert, allowHTTP1: true, minVersion: 'TLSv1.2' }, front),
    smtp: state.relay.plainServer(),
    smtps: state.relay.tlsServer(),
    control: http.createServer(makeControl(state)),
  };
  servers.tls.keepAliveTimeout = IDLE_MS;
  const close = closer(Object.values(servers));
  const ports = await listenAll(servers, options.ports, options.host);
  const tokenUrls = { http: `http://${options.publicHost}:${ports.http}/token`, tls: `https://${options.publicHost}:${ports.tls}/token` };
  state.account = loadServiceAccount(options.dir, tokenUrls);
  state.ownTokenUrls = state.tokenUrls = Object.values(tokenUrls);
  return { ready: readyLine(options, ports, tls, state.account), close, state };
}

module.exports = { startSandbox };
