'use strict';
// Twilio's error answers.

const HEADERS = { 'content-type': 'application/json', 'twilio-concurrent-requests': '1', 'x-powered-by': 'AT-5000', 'x-home-region': 'us1' };

const CODES = {
  20001: [400, 'Invalid parameter'],
  20003: [401, 'Authenticate'],
  20004: [405, 'Method not allowed'],
  20404: [404, 'The requested resource was not found'],
  20409: [409, 'Conflict'],
  20429: [429, 'Too Many Requests'],
  20500: [500, 'An internal server error has occurred'],
  20503: [503, 'Service Unavailable'],
  20005: [401, 'Account not active'],
  14107: [429, 'Message rate limit exceeded'],
  21211: [400, "Invalid 'To' Phone Number"],
  21212: [400, "Invalid 'From' Phone Number"],
  21266: [400, "'To' and 'From' number cannot be the same"],
  21408: [400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"],
  21602: [400, 'Message body is required.'],
  21603: [400, "A 'From' phone number is required."],
  21604: [400, "A 'To' phone number is required."],
  21606: [400, "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination."],
  21608: [400, "The number is unverified. Trial accounts cannot send messages to unverified numbers"],
  21609: [400, "Invalid 'StatusCallback' URL"],
  21610: [400, 'Attempt to send to unsubscribed recipient'],
  21611: [429, "This 'From' number has exceeded the maximum number of queued messages"],
  21612: [400, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"],
  21614: [400, "'To' number is not a valid mobile number"],
  21617: [400, 'The concatenated message body exceeds the 1600 character limit'],
  21619: [400, 'A text message body or media urls must be specified.'],
  21620: [400, 'Invalid media URL(s)'],
  21623: [400, 'Number of media files exceeds allowed limit'],
  21624: [400, "Invalid 'ValidityPeriod' value"],
  21655: [400, 'The ContentSid is Invalid'],
  21701: [400, 'The Messaging Service does not exist'],
  35111: [400, 'SendAt missing or invalid'],
};
const CODE_OF_STATUS = { 400: 20001, 401: 20003, 404: 20404, 405: 20004, 409: 20409, 429: 20429, 500: 20500, 503: 20503 };

function twilioError(code, message = CODES[code]?.[1] ?? 'Error', status = CODES[code]?.[0] ?? 400) {
  const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="Twilio API"' } : {};
  return { status, headers: { ...HEADERS, ...challenge }, body: JSON.stringify(body), why: `${code}: ${message}` };
}

function htmlError(status) {
  return { status, headers: { 'content-type': 'text/html' }, body: `<html><body><h1>${status}</h1></body></html>\n`, why: `${status}` };
}

// The answer to a scripted {status, code, message, retryAfter}.
function refuse({ status, code, message, retryAfter }) {
  const number = code === undefined ? CODE_OF_STATUS[status] : Number(code);
  const made = number === undefined ? htmlError(status) : twilioError(number, message, status);
  const delay = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` };
  return { ...made, headers: { ...made.headers, ...delay } };
}

module.exports = { HEADERS, refuse, twilioError };
