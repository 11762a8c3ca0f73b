'use strict';
// Access tokens given out by the token endpoint.

const crypto = require('node:crypto');

const MOST_TOKENS = 10_000;

class AccessTokens {
  constructor(lifetimeSeconds) {
    this.lifetime_ = lifetimeSeconds;
    this.expiry_ = new Map();
  }

  issue() {
    const token = `ya29.sandbox-${crypto.randomBytes(24).toString('base64url')}`;
    if (this.expiry_.size >= MOST_TOKENS) this.expiry_.clear();
    this.expiry_.set(token, Date.now() + this.lifetime_ * 1000);
    return { token, expiresIn: Math.max(0, this.lifetime_ - 1) };
  }

  // "good", "expired" or "unknown".
  state(token) {
    const expiry = this.expiry_.get(token);
    if (expiry === undefined) return 'unknown';
    return Date.now() < expiry ? 'good' : 'expired';
  }

  expireAll() {
    for (const token of this.expiry_.keys()) this.expiry_.set(token, 0);
  }
}

module.exports = { AccessTokens };
