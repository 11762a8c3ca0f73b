'use strict';
// FCM's error answers.

const HEADERS = { 'content-type': 'application/json; charset=UTF-8', vary: 'X-Origin, Referer', 'cache-control': 'private' };
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';

// errorCode → what comes with it.
const CODES = {
  INVALID_ARGUMENT: [400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  THIRD_PARTY_AUTH_ERROR: [401, 'UNAUTHENTICATED', 'Auth error from APNS or Web Push Service'],
  SENDER_ID_MISMATCH: [403, 'PERMISSION_DENIED', 'SenderId mismatch'],
  UNREGISTERED: [404, 'NOT_FOUND', 'Requested entity was not found.'],
  QUOTA_EXCEEDED: [429, 'RESOURCE_EXHAUSTED', "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute'."],
  INTERNAL: [500, 'INTERNAL', 'Internal error encountered.'],
  UNAVAILABLE: [503, 'UNAVAILABLE', 'The service is currently unavailable.'],
  UNSPECIFIED_ERROR: [500, 'UNKNOWN', 'Unknown error.'],
};
const CODE_OF_STATUS = { 400: 'INVALID_ARGUMENT', 404: 'UNREGISTERED', 429: 'QUOTA_EXCEEDED', 500: 'INTERNAL', 503: 'UNAVAILABLE' };

// Errors of Google's front end, which know nothing of FCM.
const PLAIN = {
  UNAUTHENTICATED: [401, 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid '
    + 'authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'],
  PERMISSION_DENIED: [403, "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist)."],
  NOT_FOUND: [404, 'Requested entity was not found.'],
};
const PLAIN_OF_STATUS = { 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED' };

function answer(status, name, message, details = [], why = message) {
  const error = { code: status, message, status: name, ...(details.length > 0 && { details }) };
  return { status, headers: HEADERS, body: `${JSON.stringify({ error }, null, 2)}\n`, why };
}

function fcmError(code, message = CODES[code][2], details = []) {
  const [status, name] = CODES[code];
  return answer(status, name, message, [{ '@type': FCM_ERROR, errorCode: code }, ...details]);
}

// The front end's 400, made before FCM sees the request: no FcmError in it.
function badJson(message, fieldViolations = []) {
  const details = fieldViolations.length > 0 ? [{ '@type': BAD_REQUEST, fieldViolations }] : [];
  return answer(400, 'INVALID_ARGUMENT', message, details);
}

// FCM's own 400 about one field.
function badField(field, description, message = description) {
  return fcmError('INVALID_ARGUMENT', message, [{ '@type': BAD_REQUEST, fieldViolations: [{ field, description }] }]);
}

function unauthenticated(reason) {
  const [status, message] = PLAIN.UNAUTHENTICATED;
  const detail = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com',
    metadata: { service: 'fcm.googleapis.com', method: 'google.firebase.fcm.v1.FcmService.SendMessage' } };
  const refusal = answer(status, 'UNAUTHENTICATED', message, [detail], `bearer token: ${reason}`);
  const challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"';
  return { ...refusal, headers: { ...HEADERS, 'www-authenticate': challenge } };
}

const permissionDenied = (message) => answer(403, 'PERMISSION_DENIED', message);

// A proxy's or the front end's page: not every error of the real service is JSON.
function htmlError(status, why) {
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8' }, why,
    body: `<!DOCTYPE html><html lang=en><title>Error ${status}</title><p><b>${status}.</b> <ins>That’s an error.</ins></html>\n` };
}

function errorFor(status, code, message) {
  if (code !== undefined && code in CODES) return fcmError(code, message);
  const plain = code ?? PLAIN_OF_STATUS[status];
  if (plain in PLAIN) return answer(PLAIN[plain][0], plain, message ?? PLAIN[plain][1]);
  if (status in CODE_OF_STATUS) return fcmError(CODE_OF_STATUS[status], message);
  return code === undefined ? htmlError(status, `${status}`) : answer(status ?? 500, code, message ?? code);
}

// The answer to a scripted {status, code, message, retryAfter}.
function refuse({ status, code, message, retryAfter }) {
  const made = errorFor(status, code, message);
  const delay = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` };
  return { ...made, status: status ?? made.status, headers: { ...made.headers, ...delay } };
}

module.exports = { CODES, HEADERS, badField, badJson, fcmError, htmlError, permissionDenied, refuse, unauthenticated };
