'use strict';
// One HTTP request to a stand-in, from its first byte to the end of its answer, with scripted faults in between.
//
// A service is {provider, examine(request) → verdict, refuse(wish) → answer}. `examine` judges the whole request:
// {address, id, deliveryId, body, refusal: answer | null, accept: () => answer}. An answer is {status, headers, body, why}.
// `refuse` makes the real service's error for a fault's {status, code, message, retryAfter}.

const { setTimeout: sleep } = require('node:timers/promises');
const { nowMicros } = require('./journal');

const LARGEST_BODY = 1 << 20;
const SECRET_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie']);

// Null when it is larger than any service takes, or the client went away.
function readBody(req) {
  return new Promise((resolve) => {
    const chunks = [];
    let size = 0;
    req.on('data', (chunk) => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
    });
    req.on('end', () => resolve(size <= LARGEST_BODY ? Buffer.concat(chunks, size) : null));
    req.on('error', () => resolve(null));
    req.on('aborted', () => resolve(null));
  });
}

function shownHeaders(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name) && !name.startsWith(':')));
}

// As text, not bytes: Node then sends head and body in one write.
function writeAnswer(res, { status, headers, body = '' }) {
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

function breakOff(req, res, wholeConnection) {
  if (res.stream === undefined) {
    // A TLS socket can't send a reset; a plain one should, as a crashed server's kernel would.
    if (req.socket.encrypted) req.socket.destroy();
    else req.socket.resetAndDestroy();
  } else if (wholeConnection) {
    res.stream.session?.destroy();
  } else {
    res.stream.close(2 /* INTERNAL_ERROR */);
  }
}

function writeHalf(req, res, answer, wholeConnection) {
  const body = Buffer.from(answer.body ?? '');
  res.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  res.write(body.subarray(0, body.length >> 1), () => {
    if (res.stream === undefined) req.socket.destroySoon();
    else breakOff(req, res, wholeConnection);
  });
}

// Answers what it has taken, takes no more on this connection (HTTP/2: GOAWAY, RFC 9113, section 6.8).
function retire(res) {
  if (res.stream === undefined) res.setHeader('connection', 'close');
  else res.stream.session?.close();
}

function scriptedAnswer(service, fault) {
  const { body, headers, ...wish } = fault.answer;
  const made = service.refuse(wish);
  const answer = { ...made, headers: { ...made.headers, ...headers }, why: 'scripted fault' };
  if (body === undefined) return answer;
  if (typeof body === 'string') return { ...answer, headers: { 'content-type': 'text/plain', ...answer.headers, ...headers }, body };
  return { ...answer, body: JSON.stringify(body) };
}

// Null also where all is answered as ever.
function faultName(fault) {
  if (fault === null || fault.retire) return null;
  if (fault.half) return 'half';
  return fault.lose ? 'lose' : fault.reset ? 'reset' : fault.answer ? 'answer' : 'delay';
}

// What becomes of an examined request: {answer, accepted, fault, ending: "answer" | "half" | "reset" | "silence"}.
function decide(service, verdict, faults) {
  const refused = (answer, fault = null) => ({ answer, accepted: false, fault, ending: 'answer' });
  if (verdict.refusal) return refused(verdict.refusal);
  const gone = faults.deadCode(service.provider, verdict.address);
  if (gone) return refused({ ...service.refuse(gone), why: 'dead address' });
  const fault = faults.take({ provider: service.provider, ...verdict }, 'whole');
  if (fault?.answer) return refused(scriptedAnswer(service, fault), fault);
  if (fault?.reset) return { accepted: false, fault, ending: 'reset' };
  const slowDown = faults.throttled(service.provider);
  if (slowDown) return refused({ ...service.refuse({ status: 429, ...slowDown }), why: 'throttled' });
  const ending = fault?.half ? 'half' : fault?.lose === 'close' ? 'reset' : fault?.lose === 'hang' ? 'silence' : 'answer';
  return { answer: verdict.accept(), accepted: true, fault, ending };
}

function finish(req, res, { answer, fault, ending }) {
  const wholeConnection = fault?.connection === true;
  if (res.destroyed || res.stream?.destroyed) return;
  if (fault?.retire) retire(res);
  if (ending === 'answer') writeAnswer(res, answer);
  else if (ending === 'half') writeHalf(req, res, answer, wholeConnection);
  else if (ending === 'reset') breakOff(req, res, wholeConnection);
}

function note(journal, service, req, verdict, decision) {
  const answered = decision.ending === 'answer' || decision.ending === 'half';
  const { address = '', id = '', deliveryId = '', body = null } = verdict;
  const line = { at: verdict.at, provider: service.provider, address, id: id || deliveryId, deliveryId,
    status: answered ? decision.answer.status : 0, accepted: decision.accepted, fault: faultName(decision.fault),
    why: decision.answer?.why ?? null };
  journal.add(line, { method: req.method, path: req.url, protocol: req.httpVersion, headers: shownHeaders(req.headers), body });
}

async function handle(service, req, res, { journal, faults }) {
  const early = faults.take({ provider: service.provider }, 'early');
  if (early) {
    note(journal, service, req, { at: nowMicros() }, { accepted: false, fault: early, ending: 'reset' });
    return breakOff(req, res, early.connection === true);
  }
  const bytes = await readBody(req);
  const at = nowMicros();
  if (bytes === null) {
    const refusal = service.refuse({ status: 413 });
    note(journal, service, req, { at }, { answer: { ...refusal, why: 'too large or cut off' }, accepted: false, fault: null, ending: 'answer' });
    return res.destroyed ? undefined : writeAnswer(res, refusal);
  }
  const verdict = { at, ...service.examine({ method: req.method, url: req.url, headers: req.headers, bytes }) };
  const decision = decide(service, verdict, faults);
  note(journal, service, req, verdict, decision);
  if (decision.fault?.delayMs) await sleep(decision.fault.delayMs);
  finish(req, res, decision);
}

module.exports = { handle };
