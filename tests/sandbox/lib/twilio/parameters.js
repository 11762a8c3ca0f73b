'use strict';
// The parameters of Twilio's message resource. Each rule answers a refusal or null.

const { twilioError } = require('./errors');

const SINGLE = ['To', 'From', 'MessagingServiceSid', 'Body', 'ContentSid', 'ContentVariables', 'StatusCallback', 'ApplicationSid', 'MaxPrice',
  'ProvideFeedback', 'Attempt', 'ValidityPeriod', 'ForceDelivery', 'ContentRetention', 'AddressRetention', 'SmartEncoded', 'ShortenUrls',
  'ScheduleType', 'SendAt', 'SendAsMms', 'RiskCheck'];
const REPEATABLE = ['MediaUrl', 'PersistentAction'];
const BOOLEANS = ['ProvideFeedback', 'ForceDelivery', 'SmartEncoded', 'ShortenUrls', 'SendAsMms'];

const OWN_SENDERS = ['+15557122661', '+15005550006', '12345', 'Tidings'];
// Twilio's own numbers for test credentials.
const TO_FAILS = { '+15005550001': 21211, '+15005550002': 21612, '+15005550003': 21408, '+15005550004': 21610, '+15005550009': 21614 };
const FROM_FAILS = { '+15005550000': 21212, '+15005550007': 21606, '+15005550008': 21611 };

function isPhoneNumber(text) {
  if (!/^\+[1-9]\d{6,14}$/.test(text)) return false;
  return !text.startsWith('+1') || /^\+1[2-9]\d{9}$/.test(text) || text in TO_FAILS || text in FROM_FAILS || OWN_SENDERS.includes(text);
}

const isSender = (text) => isPhoneNumber(text) || /^\d{3,8}$/.test(text) || (/^[A-Za-z0-9 &_+-]{1,11}$/.test(text) && /[A-Za-z]/.test(text));

function isWebUrl(text) {
  return URL.canParse(text) && /^https?:\/\/[^/]/i.test(text);
}

function checkNames(form) {
  for (const name of new Set(form.keys())) {
    if (!SINGLE.includes(name) && !REPEATABLE.includes(name)) return twilioError(20001, `Unknown parameter: ${name}`);
    if (SINGLE.includes(name) && form.getAll(name).length > 1) return twilioError(20001, `Parameter given more than once: ${name}`);
  }
  return null;
}

function checkTo(form) {
  const to = form.get('To');
  if (!to) return twilioError(21604);
  if (!isPhoneNumber(to)) return twilioError(21211, `Invalid 'To' Phone Number: ${to}`);
  if (!(to in TO_FAILS)) return null;
  return twilioError(TO_FAILS[to], to === '+15005550001' ? `Invalid 'To' Phone Number: ${to}` : undefined);
}

function checkFrom(form, messagingServiceSid) {
  const from = form.get('From');
  const service = form.get('MessagingServiceSid');
  if (!from && !service) return twilioError(21603);
  if (from && service) return twilioError(20001, "Give either 'From' or 'MessagingServiceSid'");
  if (service) return service === messagingServiceSid ? null : twilioError(21701, `The Messaging Service ${service} does not exist`);
  if (!isSender(from)) return twilioError(21212, `Invalid 'From' Phone Number: ${from}`);
  if (from === form.get('To')) return twilioError(21266);
  if (from in FROM_FAILS) return twilioError(FROM_FAILS[from]);
  return OWN_SENDERS.includes(from) ? null : twilioError(21606, `The 'From' phone number provided (${from}) is not a valid message-capable `
    + 'Twilio phone number for this destination.');
}

function checkContent(form) {
  const body = form.get('Body');
  const media = form.getAll('MediaUrl');
  if (!body && media.length === 0 && !form.get('ContentSid')) return twilioError(21602);
  if (form.has('ContentSid') && !/^HX[0-9a-f]{32}$/.test(form.get('ContentSid'))) return twilioError(21655);
  if ([...(body ?? '')].length > 1600) return twilioError(21617);
  if (body?.includes('\ufffd')) return twilioError(20001, "'Body' is not UTF-8");
  if (media.length > 10) return twilioError(21623);
  return media.every(isWebUrl) ? null : twilioError(21620);
}

function checkOptions(form) {
  const callback = form.get('StatusCallback');
  if (callback !== null && !isWebUrl(callback)) return twilioError(21609, `The 'StatusCallback' URL ${callback} is not a valid URL.`);
  const validity = form.get('ValidityPeriod');
  if (validity !== null && !(/^\d{1,5}$/.test(validity) && Number(validity) >= 1 && Number(validity) <= 36000)) return twilioError(21624);
  const wrongBoolean = BOOLEANS.find((name) => form.has(name) && !/^(true|false)$/i.test(form.get(name)));
  return wrongBoolean ? twilioError(20001, `Invalid boolean: ${wrongBoolean}`) : null;
}

function checkSchedule(form) {
  if (!form.has('SendAt') && !form.has('ScheduleType')) return null;
  const good = form.get('ScheduleType') === 'fixed' && !Number.isNaN(Date.parse(form.get('SendAt') ?? '')) && form.has('MessagingServiceSid');
  return good ? null : twilioError(35111);
}

function checkParameters(form, { messagingServiceSid }) {
  return checkNames(form) ?? checkTo(form) ?? checkFrom(form, messagingServiceSid) ?? checkContent(form) ?? checkOptions(form)
    ?? checkSchedule(form);
}

module.exports = { checkParameters };
