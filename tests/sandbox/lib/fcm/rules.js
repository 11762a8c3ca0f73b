'use strict';
// What FCM demands of a message beyond the types of its fields. Each rule answers a refusal or null.

const { CODES, badField, fcmError } = require('./errors');

const MOST_BYTES = 4096;
const MOST_BYTES_TO_TOPIC = 2048;
const LONGEST_TTL_S = 2_419_200;
const TOPIC = "'[a-zA-Z0-9-_.~%]+' in topics";

function checkTarget({ token, fid, topic, condition }) {
  if (token === undefined && fid === undefined && topic === undefined && condition === undefined) {
    return badField('message', 'Recipient of the message is not set.');
  }
  if (token !== undefined && !/^[A-Za-z0-9_:-]{8,4096}$/.test(token)) {
    return badField('message.token', 'The registration token is not a valid FCM registration token');
  }
  if (topic !== undefined && !/^[a-zA-Z0-9\-_.~%]{1,900}$/.test(topic)) return badField('message.topic', 'Malformed topic name');
  return condition === undefined ? null : checkCondition(condition);
}

function checkCondition(condition) {
  const topics = condition.match(new RegExp(TOPIC, 'g')) ?? [];
  const rest = condition.replace(new RegExp(TOPIC, 'g'), 'T').replace(/\s+/g, '');
  if (topics.length === 0 || !/^[T()!]([T()!]|&&|\|\|)*$/.test(rest)) return badField('message.condition', 'Invalid condition expression provided.');
  return topics.length <= 5 ? null : badField('message.condition', 'Condition has more than 5 topics.');
}

// Tokens that always fail the same way; see README.
function checkScriptedToken({ token = '' }) {
  const code = token.split(':', 1)[0];
  return token.includes(':') && code in CODES && code !== 'INVALID_ARGUMENT' ? fcmError(code) : null;
}

function checkDataKeys(message) {
  for (const [field, data] of [['message.data', message.data], ['message.android.data', message.android?.data]]) {
    for (const [i, key] of Object.keys(data ?? {}).entries()) {
      const reserved = key === '' || ['from', 'message_type'].includes(key) || /^(google|gcm)/.test(key);
      if (reserved) return badField(`${field}[${i}].key`, `Invalid data payload key: ${key}`);
    }
  }
  return null;
}

function checkTtl({ android }) {
  if (android?.ttl === undefined) return null;
  const seconds = Number.parseFloat(android.ttl);
  return seconds >= 0 && seconds <= LONGEST_TTL_S ? null
    : badField('message.android.ttl', `Invalid time to live: ${android.ttl}, it must be between 0 and ${LONGEST_TTL_S} seconds`);
}

function checkAndroid({ android }) {
  const { color, lightSettings } = android?.notification ?? {};
  if (color !== undefined && !/^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$/.test(color)) {
    return badField('message.android.notification.color', 'Invalid color, expected #RRGGBB');
  }
  const shares = Object.values(lightSettings?.color ?? {});
  return shares.every((share) => share >= 0 && share <= 1) ? null
    : badField('message.android.notification.light_settings.color', 'Color values must be between 0 and 1');
}

function checkApns({ apns }) {
  const headers = Object.fromEntries(Object.entries(apns?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const badHeader = (name) => badField('message.apns.headers', `Invalid value for APNS header ${name}: ${headers[name]}`);
  if (headers['apns-priority'] !== undefined && !['1', '5', '10'].includes(headers['apns-priority'])) return badHeader('apns-priority');
  if (headers['apns-expiration'] !== undefined && !/^\d{1,12}$/.test(headers['apns-expiration'])) return badHeader('apns-expiration');
  if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > 64) return badHeader('apns-collapse-id');
  const aps = apns?.payload?.aps;
  return aps === undefined || (aps !== null && typeof aps === 'object' && !Array.isArray(aps)) ? null
    : badField('message.apns.payload', 'APNS payload: aps must be an object');
}

function checkWebpush({ webpush }) {
  const link = webpush?.fcmOptions?.link;
  return link === undefined || (/^https:\/\//.test(link) && URL.canParse(link)) ? null
    : badField('message.webpush.fcm_options.link', 'Invalid link, it must be an HTTPS URL');
}

function checkLabels(message) {
  const labels = [message, message.android, message.apns, message.webpush].map((part) => part?.fcmOptions?.analyticsLabel);
  return labels.every((label) => label === undefined || /^[a-zA-Z0-9-_.~%]{1,50}$/.test(label)) ? null
    : badField('message.fcm_options.analytics_label', 'Invalid analytics label');
}

// Bytes of keys and values: what exactly the real service counts is not published.
function weigh(value) {
  if (value === undefined || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + weigh(item), 0);
  if (typeof value === 'object') return Object.entries(value).reduce((sum, [key, item]) => sum + Buffer.byteLength(key) + weigh(item), 0);
  return Buffer.byteLength(String(value));
}

function checkSize(message) {
  const most = message.topic === undefined && message.condition === undefined ? MOST_BYTES : MOST_BYTES_TO_TOPIC;
  const { notification, data, android, apns, webpush } = message;
  const sizes = {
    Android: weigh({ ...notification, ...android?.notification }) + weigh(android?.data ?? data),
    APNS: weigh(apns?.payload ?? notification) + weigh(data),
    'Web push': weigh({ ...notification, ...webpush?.notification }) + weigh(webpush?.data ?? data),
  };
  const over = Object.keys(sizes).find((name) => sizes[name] > most);
  return over === undefined ? null : badField('message', `${over} message is too big`);
}

const RULES = [checkTarget, checkDataKeys, checkTtl, checkAndroid, checkApns, checkWebpush, checkLabels, checkSize, checkScriptedToken];

function checkMessage(message) {
  for (const rule of RULES) {
    const refusal = rule(message);
    if (refusal) return refusal;
  }
  return null;
}

module.exports = { checkMessage };
