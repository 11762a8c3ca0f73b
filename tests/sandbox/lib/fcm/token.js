'use strict';
// Google's OAuth token endpoint for service accounts: a signed JWT in, an access token out.

const crypto = require('node:crypto');

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SCOPES = ['https://www.googleapis.com/auth/firebase.messaging', 'https://www.googleapis.com/auth/cloud-platform'];
const CLOCK_SKEW_S = 300;
const STATUS = { invalid_client: 401, internal_failure: 500, temporarily_unavailable: 503, rate_limit_exceeded: 429 };

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate' };

function oauthError(error, description, status = STATUS[error] ?? 400) {
  const body = JSON.stringify({ error, error_description: description }, null, 2);
  return { status, headers: JSON_HEADERS, body, why: `${error}: ${description}` };
}

const badGrant = (description) => oauthError('invalid_grant', description);

function decodePart(text) {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return null;
  try {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function checkHeader(header, account) {
  if (header.alg !== 'RS256') return badGrant('Invalid JWT Signature.');
  if (header.typ !== undefined && header.typ !== 'JWT') return badGrant('Invalid JWT: typ must be JWT.');
  if (header.kid !== undefined && header.kid !== account.keyId) return badGrant('Invalid JWT Signature.');
  return null;
}

function checkTimes({ iat, exp }, now) {
  const good = Number.isInteger(iat) && Number.isInteger(exp) && iat <= now + CLOCK_SKEW_S && exp > now && exp > iat && exp - iat <= 3600;
  return good ? null : badGrant('Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. '
    + 'Check your iat and exp values in the JWT claim.');
}

function checkClaims(claims, account, tokenUrls) {
  if (typeof claims.iss !== 'string') return badGrant('Invalid JWT: iss field missing.');
  if (claims.iss !== account.clientEmail) return badGrant('Invalid grant: account not found');
  if (!tokenUrls.includes(claims.aud)) {
    return badGrant(`Invalid JWT: Failed audience check. The right audience is ${tokenUrls[0]}`);
  }
  if (claims.sub !== undefined && claims.sub !== claims.iss) {
    return oauthError('unauthorized_client', 'Client is unauthorized to retrieve access tokens using this method, or client not authorized '
      + 'for any of the scopes requested.', 401);
  }
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ').filter(Boolean) : [];
  if (scopes.length === 0) return oauthError('invalid_scope', 'Empty or missing scope not allowed.');
  const known = scopes.every((scope) => SCOPES.includes(scope));
  return known ? null : oauthError('invalid_scope', `Invalid OAuth scope or ID token audience provided.`);
}

// The refusal of this JWT, or null.
function checkAssertion(assertion, { account, tokenUrls }, now = Math.floor(Date.now() / 1000)) {
  const parts = assertion.split('.');
  const header = parts.length === 3 ? decodePart(parts[0]) : null;
  const claims = header && decodePart(parts[1]);
  if (!claims) return badGrant('Invalid JWT: the assertion is not a JWT.');
  const headerRefusal = checkHeader(header, account);
  if (headerRefusal) return headerRefusal;
  if (typeof claims.iss === 'string' && claims.iss !== account.clientEmail) return badGrant('Invalid grant: account not found');
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!crypto.verify('RSA-SHA256', signed, account.publicKey, Buffer.from(parts[2], 'base64url'))) return badGrant('Invalid JWT Signature.');
  return checkClaims(claims, account, tokenUrls) ?? checkTimes(claims, now);
}

function checkForm({ method, headers, bytes }, state) {
  if (method !== 'POST') return { status: 404, headers: { 'content-type': 'text/html' }, body: 'Not Found', why: 'not a POST' };
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return oauthError('invalid_request', 'Content-Type must be application/x-www-form-urlencoded');
  }
  const form = new URLSearchParams(bytes.toString('latin1'));
  for (const name of ['grant_type', 'assertion']) {
    if (form.getAll(name).length > 1) return oauthError('invalid_request', `Parameter not allowed more than once: ${name}`);
  }
  if (!form.has('grant_type')) return oauthError('invalid_request', 'Required parameter is missing: grant_type');
  if (form.get('grant_type') !== GRANT_TYPE) return oauthError('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type')}`);
  if (!form.get('assertion')) return oauthError('invalid_request', 'Required parameter is missing: assertion');
  return checkAssertion(form.get('assertion'), state);
}

function makeTokenService(state) {
  const accept = () => {
    const { token, expiresIn } = state.tokens.issue();
    return { status: 200, headers: JSON_HEADERS, body: JSON.stringify({ access_token: token, expires_in: expiresIn, token_type: 'Bearer' }) };
  };
  return {
    provider: 'fcm-token',
    examine: (request) => ({ address: state.account.clientEmail, refusal: checkForm(request, state), accept }),
    refuse: ({ status, code, message, retryAfter }) => {
      const error = code ?? { 401: 'invalid_client', 429: 'rate_limit_exceeded', 500: 'internal_failure', 503: 'temporarily_unavailable' }[status]
        ?? 'invalid_request';
      const answer = oauthError(error, message ?? 'Scripted by the sandbox.', status);
      return retryAfter === undefined ? answer : { ...answer, headers: { ...answer.headers, 'retry-after': `${retryAfter}` } };
    },
  };
}

module.exports = { makeTokenService, checkAssertion };
