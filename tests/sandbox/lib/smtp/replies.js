'use strict';
// Texts of the relay's replies to scripted failures.

const crypto = require('node:crypto');

const TEXTS = {
  '4.2.2': 'Mailbox full', '4.3.0': 'Temporary system problem', '4.3.2': 'System not accepting messages now', '4.4.2': 'Connection timed out',
  '4.7.0': 'Temporary failure', '4.7.1': 'Service unavailable, try again later', '5.1.1': 'Recipient address rejected: User unknown',
  '5.1.2': 'Domain not found', '5.2.1': 'Mailbox disabled', '5.2.2': 'Mailbox full', '5.3.4': 'Message size exceeds fixed limit',
  '5.7.1': 'Message rejected by policy', '5.7.8': 'Authentication failed',
};
const CODE_OF_STATUS = { 421: '4.3.2', 450: '4.2.0', 451: '4.3.0', 452: '4.3.1', 454: '4.7.0', 530: '5.7.0', 535: '5.7.8', 550: '5.1.1', 552: '5.3.4',
  553: '5.1.3' };

// {status, code, message} of which one may be missing → the whole reply.
function describe({ status, code, message }) {
  const enhanced = code === undefined ? CODE_OF_STATUS[status] ?? `${String(status)[0]}.0.0` : String(code);
  const basic = status ?? (enhanced.startsWith('4') ? 451 : enhanced === '5.3.4' ? 552 : 550);
  return { status: basic, code: enhanced, text: message ?? TEXTS[enhanced] ?? 'Refused' };
}

const queueId = () => crypto.randomBytes(6).toString('hex').toUpperCase();

module.exports = { describe, queueId };
