// A world for one test: types, recipients and a configuration that nobody else uses, on the shared stack.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { binaries, end, output, project, start, until } from './run.mjs';
import { amqpUrls, pgUrl, queueDepths, sql } from './stack.mjs';
import { startSandbox } from './sandbox.mjs';

export const prefetch = 300, retryPrefetch = 100;

// `secure`: to the providers by TLS and, where they are asked for it, HTTP/2, as is shipped; else HTTP/1.1 in the clear and STARTTLS.
export async function makeWorld({ types = { note: {} }, caps = {}, fcm = 'concurrency: 64', relays, timeout, extra = '', secure = false, sandboxArgs = [] } = {}) {
  const tag = `t${randomBytes(4).toString('hex')}`;
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tidings-'));
  const record = path.join(dir, 'accepted.jsonl');
  const sandbox = await startSandbox(path.join(dir, 'sandbox'), ['--record', record, ...sandboxArgs]);
  const world = { tag, dir, sandbox, record, secure, workers: [], type: (name = 'note') => `${tag}-${name}`, user: (name) => `${tag}-${name}` };
  world.config = path.join(dir, 'tidings.yaml');
  try {
    await furnish(world, configText(world, { types, caps, fcm, relays, timeout, extra }));
    return world;
  } catch (error) { // what still runs would keep the test from ending
    await closeWorld(world);
    throw error;
  }
}

async function furnish({ dir, config }, text) {
  fs.cpSync(path.join(project, 'templates/comment'), path.join(dir, 'templates', 'note'), { recursive: true });
  fs.cpSync(path.join(project, 'templates/_partials'), path.join(dir, 'templates', '_partials'), { recursive: true });
  fs.writeFileSync(config, text);
  await output(path.join(binaries, 'workers/tidings/tidings'), ['setup', '--config', config]);
}

// `through`: other ways to the servers than the direct ones, {amqp, pg, http, smtp}: URLs and a port; and `account`, FCM's key file.
// `relays`: the names of those for e-mail, in their order; the same one stands behind them. `timeout`: theirs, and that of SMS.
export function configText({ tag, sandbox: { info }, secure }, { types, caps, fcm, relays = ['smtp'], timeout = '10s', extra = '', through = {} }) {
  const uses = (channel) => Object.values(types).some((t) => t.channels?.includes(channel));
  const list = Object.entries(types).map(([name, t]) => `
  ${tag}-${name}:
    channels: [${(t.channels ?? ['push']).join(', ')}]
    template: note
    on_uncertain: ${t.onUncertain ?? 'resend'}
    retry: {attempts: ${t.attempts ?? 4}, base: ${t.base ?? '100ms'}, factor: 2, max: ${t.max ?? '2s'}}`).join('');
  const capList = Object.entries(caps).map(([name, c]) => `
  ${name}: {types: [${(c.types ?? [c.type ?? 'note']).map((type) => (type === '*' ? '"*"' : `${tag}-${type}`)).join(', ')}], channels: ["*"], limit: ${c.limit}, window: ${c.window ?? '1h'}, on_exceed: ${c.onExceed ?? 'drop'}}`).join('');
  const http = through.http ?? (secure ? info.https : info.http);
  const account = through.account ?? (secure ? info.fcm.serviceAccountTlsFile : info.fcm.serviceAccountFile);
  const ca = `ca_file: "${info.caFile}"`, httpCa = secure ? `, ${ca}` : '';
  const [smtpPort, smtpTls] = secure ? [info.ports.smtps, 'tls'] : [info.ports.smtp, 'starttls'];
  return `
amqp: {urls: ${JSON.stringify(through.amqp ?? amqpUrls())}, prefetch: ${prefetch}, retry_prefetch: ${retryPrefetch}, heartbeat: ${through.heartbeat ?? '10s'}}
postgres: {url: "${through.pg ?? pgUrl()}"}
http: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
templates: templates
providers:
  fcm: {kind: fcm, service_account_file: "${account}", base_url: "${http}"${httpCa}, ${fcm}}
${uses('sms') ? `  twilio: {kind: twilio, account_sid: "${info.twilio.accountSid}", auth_token: "${info.twilio.authToken}", from: "${info.twilio.from}", base_url: "${http}"${httpCa}, timeout: ${timeout}}` : ''}
${uses('email') ? relays.map((name) => `  ${name}: {kind: smtp, host: localhost, port: ${through.smtp ?? smtpPort}, tls: ${smtpTls}, user: "${info.smtp.user}", password: "${info.smtp.password}", from: "${info.smtp.from}", ${ca}, timeout: ${timeout}}`).join('\n') : ''}
channels:
  push: {providers: [fcm]}
  ${uses('sms') ? 'sms: {providers: [twilio]}' : ''}
  ${uses('email') ? `email: {providers: [${relays.join(', ')}]}` : ''}
types:${list}
${capList ? `caps:${capList}` : ''}
${extra}`;
}

// Resolves when the worker consumes.
export async function startWorker(world, name = `w${world.workers.length}`, args = [], env = {}) {
  let started;
  const begun = new Promise((resolve) => { started = resolve; });
  const log = fs.createWriteStream(path.join(world.dir, `${name}.log`), { flags: 'a' });
  const child = start(path.join(binaries, 'workers/worker/tidings-worker'), ['--config', world.config, '--name', name, ...args],
    { env, onLine: (line) => { log.write(`${line}\n`); if (line.includes('"started"')) started(JSON.parse(line)); } });
  const died = child.ended.then(({ signal }) => { throw Object.assign(new Error(`worker ${name} ended: ${child.tail.join('\n')}`), { signal }); });
  const info = await Promise.race([begun, died]);
  died.catch(() => {});
  child.http = `http://127.0.0.1:${info.http_port}`;
  world.workers.push(child);
  return child;
}

export async function ready(worker) {
  await until('the worker to be ready', async () => (await fetch(`${worker.http}/readyz`)).ok);
}

export async function addUsers(world, names, { push = true, email = false, sms = false } = {}) {
  const rows = names.map((name) => `('${world.user(name)}')`).join(',');
  await sql(`insert into tidings.recipients(id) values ${rows} on conflict do nothing`);
  const addresses = [];
  for (const name of names) {
    if (push) addresses.push(`('${world.user(name)}','push','token-${world.user(name)}')`);
    if (email) addresses.push(`('${world.user(name)}','email','${world.user(name)}@example.com')`);
    if (sms) addresses.push(`('${world.user(name)}','sms','+1555${String(1000000 + addresses.length)}')`);
  }
  if (addresses.length) await sql(`insert into tidings.addresses(recipient, channel, address) values ${addresses.join(',')}`);
}

export function message(world, n, user, more = {}) {
  return {
    id: `${world.tag}-${n}`, type: world.type(), recipient: world.user(user), title: 'New comment', message: 'Somebody wrote to you',
    data: { actor: 'Alice', post: 'Reading the tide tables', excerpt: 'I liked this', url: 'https://example.com/p/1', count: 1 },
    priority: 2, createdAt: new Date().toISOString(), ...more,
  };
}

// Publishes with confirms; every message has a line of its own.
export async function publish(world, messages) {
  const file = path.join(world.dir, `messages-${randomBytes(3).toString('hex')}.jsonl`);
  fs.writeFileSync(file, messages.map((m) => JSON.stringify(m)).join('\n') + '\n');
  await output(path.join(binaries, 'workers/tidings/tidings'), ['enqueue', '--config', world.config, file]);
}

// [id, recipient, channel, state, reason, attempt]
export const deliveries = (world) => sql(`select notification_id, recipient, channel, state, reason, attempt from tidings.deliveries where notification_id like '${world.tag}-%'`);

export async function states(world) {
  const rows = await sql(`select state, coalesce(reason,''), count(*) from tidings.deliveries where notification_id like '${world.tag}-%' group by 1,2`);
  return Object.fromEntries(rows.map(([state, reason, n]) => [reason ? `${state}/${reason}` : state, Number(n)]));
}

// Nothing is queued and nothing is under way: every delivery has its final state.
export async function settled(world, count, capMs = 120_000) {
  await until(`${count} deliveries to end`, async () => {
    try {
      const [[n]] = await sql(`select count(*) from tidings.deliveries where notification_id like '${world.tag}-%' and state not in ('sending','retrying','deferred')`);
      if (Number(n) < count) return false;
      const depths = await queueDepths(`notifications.${world.tag}`);
      return [...depths].every(([name, depth]) => name.endsWith('.dead') || depth === 0);
    } catch { return false; }
  }, capMs, 250);
}

export async function closeWorld(world) {
  for (const worker of world.workers) await end(worker, 'SIGKILL');
  await end(world.sandbox.child);
  if (!process.env.TIDINGS_KEEP) fs.rmSync(world.dir, { recursive: true, force: true });
}
