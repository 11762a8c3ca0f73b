'use strict';
// Twilio's message resource: POST /2010-04-01/Accounts/{AccountSid}/Messages.json

const crypto = require('node:crypto');
const { checkParameters } = require('./parameters');
const { segments } = require('./segments');
const { HEADERS, refuse, twilioError } = require('./errors');

const PATH = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\/Messages\.json$/;

function checkPath({ method, url }) {
  if (!PATH.test(url)) return twilioError(20404, `The requested resource ${url.split('?', 1)[0]} was not found`);
  return method === 'POST' ? null : twilioError(20004);
}

function sameText(a, b) {
  const digest = (text) => crypto.createHash('sha256').update(text).digest();
  return crypto.timingSafeEqual(digest(a), digest(b));
}

function checkBasic({ headers, url }, account) {
  const match = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(headers.authorization ?? '');
  const [user, ...rest] = match ? Buffer.from(match[1], 'base64').toString('utf8').split(':') : [''];
  const secret = { [account.accountSid]: account.authToken, [account.apiKeySid]: account.apiKeySecret }[user];
  if (secret === undefined || !sameText(secret, rest.join(':'))) return twilioError(20003);
  const sid = PATH.exec(url)[1];
  return sid === account.accountSid ? null : twilioError(20404, `The requested resource ${url} was not found`);
}

// With another content type the real service sees no parameters at all, and says so by its first complaint.
function checkContentType(headers) {
  const type = headers['content-type'] ?? '';
  if (/^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) return null;
  return { ...twilioError(21604), why: `content type "${type}" is not a form` };
}

function toObject(form) {
  const object = {};
  for (const name of form.keys()) object[name] = form.getAll(name).length > 1 ? form.getAll(name) : form.get(name);
  return object;
}

function names(headers, form) {
  const callback = form.get('StatusCallback');
  const query = callback && URL.canParse(callback) ? new URL(callback).searchParams : new URLSearchParams();
  return { address: form.get('To') ?? '', id: headers['x-notification-id'] ?? query.get('id') ?? '',
    deliveryId: headers['x-tidings-delivery'] ?? query.get('d') ?? '' };
}

function accept(form, account) {
  const media = form.getAll('MediaUrl').length;
  const sid = `${media > 0 ? 'MM' : 'SM'}${crypto.randomBytes(16).toString('hex')}`;
  const now = new Date().toUTCString().replace('GMT', '+0000');
  const uri = `/2010-04-01/Accounts/${account.accountSid}/Messages/${sid}`;
  const status = form.has('SendAt') ? 'scheduled' : form.has('MessagingServiceSid') ? 'accepted' : 'queued';
  const body = {
    sid, account_sid: account.accountSid, messaging_service_sid: form.get('MessagingServiceSid'), api_version: '2010-04-01', to: form.get('To'),
    from: form.get('From'), body: form.get('Body') ?? '', status, direction: 'outbound-api', num_segments: `${segments(form.get('Body') ?? '')}`,
    num_media: `${media}`, price: null, price_unit: 'USD', error_code: null, error_message: null, date_created: now, date_updated: now,
    date_sent: null, uri: `${uri}.json`, subresource_uris: { media: `${uri}/Media.json` },
  };
  return { status: 201, headers: { ...HEADERS, 'twilio-request-id': `RQ${crypto.randomBytes(16).toString('hex')}` }, body: JSON.stringify(body) };
}

function makeTwilioService(state) {
  const account = state.credentials.twilio;
  const examine = (request) => {
    const { headers } = request;
    const outer = checkPath(request) ?? checkBasic(request, account) ?? checkContentType(headers);
    const form = new URLSearchParams(checkContentType(headers) ? '' : request.bytes.toString('utf8'));
    return { ...names(headers, form), body: toObject(form), refusal: outer ?? checkParameters(form, account), accept: () => accept(form, account) };
  };
  return { provider: 'twilio', examine, refuse };
}

module.exports = { makeTwilioService };
