// Servers that misbehave on demand, for the tests of common/http. Prints one JSON line with its ports when all
// listen; ends when its standard input does.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { answersEarly } from './answers_early.mjs';
import { SmtpServer } from './smtp.mjs';

const dir = mkdtempSync(join(tmpdir(), 'tidings-http-'));
const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });

function certificate(name) {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${name}.key`, '-out', `${name}.pem`);
  return { key: readFileSync(join(dir, `${name}.key`)), cert: readFileSync(join(dir, `${name}.pem`)), file: join(dir, `${name}.pem`) };
}

const own = certificate('own');
const other = certificate('other');

const counts = {};  // path → requests read whole
let open = 0;
let mostOpen = 0;
let resets = 0;  // of HTTP/2 streams that waited in vain
const held = [];

function readBody(request) {
  return new Promise((resolve) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    request.on('error', () => {});
  });
}

const answers = {
  '/echo': (request, response, body) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ method: request.method, headers: request.headers, body, version: request.httpVersion }));
  },
  '/stats': (request, response) => response.end(JSON.stringify({ counts, mostOpen, resets })),
  '/mails': (request, response) => response.end(JSON.stringify({ mails: smtp.mails, connections: smtp.connections, quits: smtp.quits })),
  '/never': ({ stream }) => stream?.once('close', () => { resets += stream.rstCode !== 0; }),
  '/big': (request, response) => response.end('x'.repeat(300_000)),
  '/busy': (request, response) => { response.writeHead(503, { 'retry-after': '7' }); response.end('later'); },
  '/sized': (request, response) => { response.writeHead(200, { 'content-length': 5 }); response.end('sized'); },
  '/moved': (request, response) => { response.writeHead(302, { location: '/echo' }); response.end(); },
  // Reads the whole request and hangs up without a byte; the second time it answers.
  '/die-once': (request, response) => (counts['/die-once'] === 1 ? request.socket.destroy() : response.end('again')),
  // Now and then takes no more requests on this HTTP/2 connection and answers those that it has (GOAWAY, RFC 9113, section 6.8).
  '/retire': ({ stream }, response) => { if (counts['/retire'] % 40 === 20) stream.session.close(); setTimeout(() => response.end('served'), 30); },
  '/refused-stream': ({ stream }) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
  '/failed-stream': ({ stream }) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
  '/close-behind': (request, response) => { const { socket } = request; response.end('bye', () => socket.end()); },
  '/slower': (request, response) => setTimeout(() => response.end('late'), 300),
  '/slow': (request, response) => setTimeout(() => response.end('late'), 30),
  '/short-lived': (request, response) => { response.setHeader('keep-alive', 'timeout=1'); response.end('soon gone'); },
  '/length': (request, response, body) => response.end(String(body.length)),
  '/babble': (request) => request.socket.write('hello\r\n\r\n'),
  // Answers all when the 20th is there.
  '/together': (request, response) => {
    held.push(response);
    if (held.length === 20) for (const one of held.splice(0)) one.end('together');
  },
};

async function serve(request, response) {
  const path = request.url.split('?')[0];
  if (path === '/refuse-early') {  // without reading the body
    response.writeHead(413, { connection: 'close' });
    response.end();
    return;
  }
  const body = await readBody(request);
  counts[path] = (counts[path] ?? 0) + 1;
  if (answers[path]) answers[path](request, response, body);
  else { response.statusCode = 404; response.end(); }
}

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

const plain = http.createServer({ keepAliveTimeout: 60_000 }, serve);
plain.on('connection', (socket) => {
  mostOpen = Math.max(mostOpen, ++open);
  socket.on('close', () => { --open; });
});
const secure = http2.createSecureServer({ key: own.key, cert: own.cert, allowHTTP1: true }, serve);
const silent = net.createServer(() => {});  // accepts and says nothing
// Shakes hands only after 850 ms.
const slowShake = net.createServer((socket) => { socket.on('error', () => {}); setTimeout(() => secure.emit('connection', socket), 850); });
const deaf = tls.createServer({ key: own.key, cert: own.cert }, (socket) => socket.on('error', () => {}).pause());  // shakes hands and reads nothing
const early = tls.createServer({ key: own.key, cert: own.cert, ALPNProtocols: ['h2'] }, answersEarly);
const smtp = new SmtpServer(own);

const ports = {
  http: await listen(plain), https: await listen(secure), silent: await listen(silent), deaf: await listen(deaf), slowShake: await listen(slowShake), early: await listen(early),
  smtp: await listen(smtp.server({})), smtps: await listen(smtp.server({ implicitTls: true })),
  smtpBare: await listen(smtp.server({ startTls: false, auth: false })), smtpNoAuth: await listen(smtp.server({ auth: false })),
};
const unused = net.createServer();
ports.closed = await listen(unused);
await new Promise((resolve) => unused.close(resolve));

process.stdin.resume();
process.stdin.on('end', () => { rmSync(dir, { recursive: true, force: true }); process.exit(0); });
process.stdout.write(`${JSON.stringify({ ...ports, ca: own.file, otherCa: other.file })}\n`);
