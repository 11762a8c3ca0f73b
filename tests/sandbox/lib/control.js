'use strict';
// The control API: JSON over HTTP; what each route does is in the README.

const { makeFilter } = require('./journal');
const { invalid, checkKeys } = require('./checks');
const { makePage } = require('./page');

const FILTERS = ['provider', 'id', 'deliveryId', 'address', 'status', 'accepted', 'since', 'after', 'idMatches'];
const GROUPS = ['id', 'provider', 'status', 'address', 'deliveryId'];
const LARGEST_BODY = 8 << 20;

function readQuery(url, more) {
  const query = Object.fromEntries(url.searchParams);
  checkKeys(query, [...FILTERS, ...more], 'query');
  try {
    return { query, filter: makeFilter(query) };
  } catch (error) {
    throw invalid(`idMatches: ${error.message}`);
  }
}

function countingNumber(text, fallback, max) {
  const number = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(number) || number < 0 || number > max) throw invalid(`found ${text}, expected a number from 0 to ${max}`);
  return number;
}

function listed({ detail, ...line }, bodies) {
  return bodies ? { ...line, ...detail } : line;
}

function listRequests({ journal }, url) {
  const { query, filter } = readQuery(url, ['limit', 'bodies']);
  const records = journal.list(filter, countingNumber(query.limit, 100, 10000));
  return { requests: records.map((record) => listed(record, query.bodies !== '0')), last: journal.last };
}

function countRequests({ journal }, url) {
  const { query, filter } = readQuery(url, ['by', 'over']);
  if (query.by !== undefined && !GROUPS.includes(query.by)) throw invalid(`by: expected one of ${GROUPS.join(', ')}`);
  const { totals, groups } = journal.count(filter, query.by);
  if (query.by === undefined) return totals;
  const over = countingNumber(query.over, 0, 1e9);
  return { ...totals, by: Object.fromEntries([...groups].filter(([, count]) => count > over)) };
}

async function waitForRequests({ journal }, url) {
  const { query, filter } = readQuery(url, ['count', 'timeout']);
  const enough = await journal.wait(filter, countingNumber(query.count, 1, 1e9), countingNumber(query.timeout, 10000, 3_600_000));
  return { status: enough ? 200 : 408, ...journal.count(filter).totals };
}

function removeFault({ faults }, id) {
  if (!faults.remove(Number(id))) throw Object.assign(new Error(`no fault ${id}`), { status: 404 });
}

function checkedBody(body, keys) {
  checkKeys(body, keys, 'body');
  return body;
}

function resetAll(state) {
  const { journal, faults, relay } = state;
  journal.clear();
  faults.reset();
  relay.reset();
  setAudiences(state, { urls: [] });
}

// Who comes through a proxy asks for its token at the proxy's address, and says so in the JWT.
function setAudiences(state, { urls }) {
  if (!Array.isArray(urls) || !urls.every((url) => typeof url === 'string' && URL.canParse(url))) throw invalid('urls: expected a list of URLs');
  state.tokenUrls = [...state.ownTokenUrls, ...urls];
}

// "METHOD /path" → (state, url, body) → the answer's JSON; `status` in it becomes the HTTP status.
const ROUTES = {
  'GET /healthz': () => ({ ok: true }),
  'GET /requests': listRequests,
  'GET /requests/count': countRequests,
  'GET /requests/wait': waitForRequests,
  'DELETE /requests': ({ journal }) => journal.clear(),
  'GET /faults': ({ faults }) => ({ faults: faults.list() }),
  'POST /faults': ({ faults }, url, body) => ({ status: 201, fault: faults.add(body) }),
  'DELETE /faults': ({ faults }) => faults.clear(),
  'GET /dead': ({ faults }) => ({ dead: faults.listDead() }),
  'POST /dead': ({ faults }, url, body) => faults.kill(checkedBody(body, ['provider', 'addresses', 'code'])),
  'DELETE /dead': ({ faults }) => faults.reviveAll(),
  'POST /throttle': ({ faults }, url, body) => faults.throttle(checkedBody(body, ['provider', 'perSecond', 'retryAfter'])),
  'POST /fcm/expire-tokens': ({ tokens }) => tokens.expireAll(),
  'POST /fcm/audiences': (state, url, body) => setAudiences(state, checkedBody(body, ['urls'])),
  'POST /smtp': ({ relay }, url, body) => relay.configure(body),
  'POST /reset': resetAll,
};

async function readJson(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw invalid('body too large');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw invalid(`body: ${error.message}`);
  }
}

async function route(state, req) {
  const url = new URL(req.url, 'http://sandbox');
  const oneFault = /^\/faults\/(\d+)$/.exec(url.pathname);
  if (oneFault && req.method === 'DELETE') return removeFault(state, oneFault[1]);
  const handler = ROUTES[`${req.method} ${url.pathname}`];
  if (handler !== undefined) return handler(state, url, await readJson(req));
  const known = oneFault || Object.keys(ROUTES).some((key) => key.endsWith(` ${url.pathname}`));
  throw Object.assign(new Error(`${req.method} ${url.pathname}: ${known ? 'no such method' : 'no such path'}`), { status: known ? 405 : 404 });
}

function send(res, { status = 200, ...body }) {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  res.end(bytes);
}

function makeControl(state) {
  const page = makePage(state.journal);
  return (req, res) => {
    if (req.method === 'GET' && page(req.url.split('?', 1)[0], req, res)) return;
    route(state, req).then((answer) => send(res, answer ?? {}), (error) => send(res, { status: error.status ?? 500, error: error.message }));
  };
}

module.exports = { makeControl };
