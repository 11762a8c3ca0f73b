'use strict';
// The SMTP relay: its two listeners and what it offers.

const net = require('node:net');
const tls = require('node:tls');
const { Session } = require('./session');
const { invalid, checkKeys, checkInteger } = require('../checks');

const DEFAULTS = { starttls: true, auth: true, mechanisms: ['PLAIN', 'LOGIN'], size: 10 * 1024 * 1024, messagesPerConnection: 0 };

class SmtpRelay {
  constructor(state, { key, cert }) {
    this.state_ = state;
    this.context = tls.createSecureContext({ key, cert, minVersion: 'TLSv1.2' });
    this.certificate_ = { key, cert, minVersion: 'TLSv1.2' };
    this.reset();
  }

  reset() { this.settings = { ...DEFAULTS }; }

  configure(changes) {
    checkKeys(changes, Object.keys(DEFAULTS), 'smtp');
    for (const key of ['starttls', 'auth']) {
      if (key in changes && typeof changes[key] !== 'boolean') throw invalid(`${key}: expected true or false`);
    }
    for (const key of ['size', 'messagesPerConnection']) if (key in changes) checkInteger(changes[key], 0, 2 ** 31, key);
    const { mechanisms = [] } = changes;
    if (!Array.isArray(mechanisms) || mechanisms.some((name) => !['PLAIN', 'LOGIN'].includes(name))) {
      throw invalid('mechanisms: expected a list of PLAIN and LOGIN');
    }
    Object.assign(this.settings, changes);
  }

  plainServer() { return net.createServer((socket) => this.serve_(socket, false)); }
  tlsServer() { return tls.createServer(this.certificate_, (socket) => this.serve_(socket, true)).on('tlsClientError', () => {}); }

  serve_(socket, secure) {
    socket.setNoDelay(true);
    new Session(socket, secure, this, this.state_).run().catch((error) => {
      process.stderr.write(`sandbox: smtp: ${error.stack}\n`);
      socket.destroy();
    });
  }
}

module.exports = { SmtpRelay };
