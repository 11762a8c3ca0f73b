'use strict';
// FCM's messages:send.

const crypto = require('node:crypto');
const { readProtoJson } = require('./proto_json');
const { SEND_REQUEST } = require('./schema');
const { checkMessage } = require('./rules');
const { HEADERS, badField, badJson, htmlError, permissionDenied, refuse, unauthenticated } = require('./errors');

const PATH = /^\/v1\/projects\/([^/?]+)\/messages:send(\?.*)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function checkPath({ method, url }, projectId) {
  const match = PATH.exec(url);
  if (!match || method !== 'POST') return htmlError(404, `${method} ${url}: no such method`);
  if (match[2]) return badJson(`Invalid JSON payload received. Unknown name "${match[2].slice(1).split('=')[0]}": Cannot bind query parameter.`);
  return match[1] === projectId ? null : permissionDenied(
    `Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects/${match[1]}' (or it may not exist).`);
}

function checkBearer(headers, tokens) {
  const match = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(headers.authorization ?? '');
  if (!match) return unauthenticated('CREDENTIALS_MISSING');
  const state = tokens.state(match[1]);
  if (state === 'good') return null;
  return unauthenticated(state === 'expired' ? 'ACCESS_TOKEN_EXPIRED' : 'ACCESS_TOKEN_TYPE_UNSUPPORTED');
}

function checkContentType(type = '') {
  const match = /^application\/json\s*(?:;\s*charset="?([^";\s]+)"?\s*)?$/i.exec(type);
  if (!match) return badJson(`Invalid content type "${type}", expected application/json.`);
  return (match[1] ?? 'utf-8').toLowerCase() === 'utf-8' ? null : badJson(`Unsupported charset "${match[1]}".`);
}

function parse(bytes) {
  try {
    return { json: JSON.parse(utf8.decode(bytes)) };
  } catch (error) {
    const where = error instanceof SyntaxError ? error.message : 'Encountered a non UTF-8 code unit sequence in JSON payload.';
    return { refusal: badJson(`Invalid JSON payload received. ${where}`) };
  }
}

function violationsRefusal(violations) {
  return badJson(violations.map((violation) => violation.description).join('\n'), violations);
}

function checkBody(bytes) {
  const { json, refusal } = parse(bytes);
  if (refusal) return { refusal, body: bytes.toString('latin1', 0, 2000) };
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    return { body: json, refusal: badJson('Invalid JSON payload received. Unknown name "": Root element must be a message.') };
  }
  const { value, violations } = readProtoJson(json, SEND_REQUEST);
  if (violations.length > 0) return { body: json, message: value.message, refusal: violationsRefusal(violations) };
  if (value.message === undefined) return { body: json, refusal: badField('message', 'The message is not set.', 'Request contains an invalid argument.') };
  return { body: json, message: value.message, validateOnly: value.validateOnly === true, refusal: checkMessage(value.message) };
}

function names(headers, message) {
  const data = message?.data ?? {};
  const text = (value) => (typeof value === 'string' ? value : '');
  return {
    address: text(message?.token ?? message?.fid ?? message?.topic ?? message?.condition),
    id: headers['x-notification-id'] ?? text(data.notificationId ?? data.id),
    deliveryId: headers['x-tidings-delivery'] ?? text(data.deliveryId),
  };
}

function makeSendService(state) {
  const { projectId } = state.credentials.fcm;
  const accept = (validateOnly) => {
    const tail = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
    const id = validateOnly ? 'fake_message_id' : `0:${Date.now()}${String(process.hrtime()[1]).padStart(9, '0').slice(3)}%${tail}`;
    return { status: 200, headers: HEADERS, body: `${JSON.stringify({ name: `projects/${projectId}/messages/${id}` }, null, 2)}\n` };
  };
  const examine = (request) => {
    const { headers, bytes } = request;
    const outer = checkPath(request, projectId) ?? checkBearer(headers, state.tokens) ?? checkContentType(headers['content-type']);
    const { body, message, validateOnly, refusal } = checkBody(bytes);
    return { ...names(headers, message), body, refusal: outer ?? refusal, accept: () => accept(validateOnly) };
  };
  return { provider: 'fcm', examine, refuse };
}

module.exports = { makeSendService };
