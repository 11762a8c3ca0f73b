'use strict';
// Sends each HTTP request to the stand-in whose path it has.

const { handle } = require('./exchange');
const { makeTokenService } = require('./fcm/token');
const { makeSendService } = require('./fcm/send');
const { makeTwilioService } = require('./twilio/messages');
const { makePage } = require('./page');

function makeFront(state) {
  const token = makeTokenService(state);
  const send = makeSendService(state);
  const twilio = makeTwilioService(state);
  const page = makePage(state.journal);
  const serviceFor = (path) => {
    if (path === '/token') return token;
    return path.startsWith('/2010-04-01/') ? twilio : send;
  };
  return (req, res) => {
    const path = req.url.split('?', 1)[0];
    if (req.method === 'GET' && page(path, req, res)) return;
    handle(serviceFor(path), req, res, state).catch((error) => {
      // Only a mistake of the sandbox itself gets here; show it loudly instead of looking like a provider.
      process.stderr.write(`sandbox: ${error.stack}\n`);
      res.destroy(error);
    });
  };
}

module.exports = { makeFront };
