// The demo's messages and the judgement over them. It acts as an app (publishes over AMQP, writes
// recipients, reads tidings.deliveries) and as an admin (replays a dead letter); it starts nothing.
//
//   TIDINGS_AMQP_URL, TIDINGS_PG_URL, TIDINGS_SANDBOX_CONTROL   where the servers are
//   TIDINGS_PROGRAM (default: tidings), TIDINGS_CONFIG          the command line
//
// Exits 0 only if every outcome is the expected one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { publishAll } from './amqp.mjs';
import { psqlTo } from './psql.mjs';

const execute = promisify(execFile);
const control = process.env.TIDINGS_SANDBOX_CONTROL;
const tag = Date.now().toString(36);
const likesAllowed = 20; // likes_hourly in config/tidings.yaml
const patienceMs = Number(process.env.TIDINGS_DEMO_PATIENCE_MS ?? 90_000);
const colours = process.stdout.isTTY ? { sent: 32, delivered: 32, skipped: 36, retrying: 33, deferred: 33, dead: 31 } : {};
const paint = (state, text) => (colours[state] ? `\x1b[${colours[state]}m${text}\x1b[0m` : text);

async function sql(text) {
  const { args, env } = psqlTo(process.env.TIDINGS_PG_URL);
  const { stdout } = await execute('psql', ['-XqAt', '-F', '\t', '-v', 'ON_ERROR_STOP=1', ...args, '-c', text], { env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
  return stdout.split('\n').filter(Boolean).map((line) => line.split('\t'));
}
async function tidings(...args) {
  const { stdout } = await execute(process.env.TIDINGS_PROGRAM ?? 'tidings', args, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}
async function sandbox(method, path, body) {
  const answer = await fetch(control + path, { method, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`sandbox: ${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
const accepted = async (address) => (await sandbox('GET', `/requests/count?accepted=true&address=${encodeURIComponent(address)}`)).count;

// --- who and what

const user = (name) => `${name}-${tag}`;
const token = (name) => `token-${name}-${tag}`;
const people = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan'];
const phone = (name) => `+1555010${String(1000 + people.indexOf(name))}`;
let serial = 0;
const job = (type, to, more = {}) => ({
  id: `${type}-${++serial}-${tag}`, type, recipient: user(to), createdAt: new Date().toISOString(),
  data: { actor: 'Mallory', post: 'Reading the tide tables', excerpt: 'Spring tides are not only in spring.', count: 2 }, actionUrl: 'http://localhost/posts/7', ...more,
});
const push = { channels: ['push'] };
const alone = (state, reason = '', attempt = 1) => [{ channel: 'push', state, reason, attempt }];
const on = (...channels) => channels.map((channel) => ({ channel, state: 'sent', reason: '', attempt: 1 }));
const times = (n, make) => Array.from({ length: n }, make);

const twice = job('comment', 'grace', push);
const malformed = `{"id": "comment-malformed-${tag}", "type": "comment", "recipient": "${user('alice')}", "priority": 12}`;
const dying = job('follow', 'ivan', push);
const scenes = [
  { what: 'a comment', messages: [job('comment', 'alice')], expect: on('push', 'email') },
  { what: 'a like', messages: [job('like', 'bob')], expect: on('push', 'email') },
  { what: 'a follow, in Korean', messages: [job('follow', 'carol')], expect: on('push', 'email') },
  { what: 'a system notice', messages: [job('system', 'dave', { title: 'Maintenance tonight', message: 'From 02:00 to 02:10 UTC.', priority: 5 })], expect: on('push', 'email', 'sms') },
  { what: 'the recipient opted out', messages: [job('comment', 'erin', push)], expect: alone('skipped', 'opted_out', 0) },
  {
    what: `${likesAllowed + 1} likes, capped at ${likesAllowed} an hour`, messages: times(likesAllowed + 1, () => job('like', 'frank', push)),
    expect: [...times(likesAllowed, () => alone('sent')[0]), ...alone('skipped', 'capped', 0)],
  },
  { what: 'the same message twice', messages: [twice, twice], expect: alone('sent'), once: token('grace') },
  { what: 'the provider fails twice', messages: [job('comment', 'heidi', push)], expect: alone('sent', '', 3), once: token('heidi') },
  { what: 'a malformed message', raw: [{ queue: 'notifications.comment', body: malformed }], dead: { type: 'comment', reason: 'malformed' } },
  { what: 'one that dies', messages: [dying], expect: alone('dead', 'permanent') },
];

async function addPeople() {
  const rows = people.map((name) => `('${user(name)}', ${name === 'carol' ? "'ko-KR'" : "'en'"})`).join(',');
  const addresses = people.map((name) => `('${user(name)}','push','${token(name)}'),('${user(name)}','email','${user(name)}@example.com'),('${user(name)}','sms','${phone(name)}')`).join(',');
  await sql(`insert into tidings.recipients (id, locale) values ${rows};
    insert into tidings.addresses (recipient, channel, address) values ${addresses};
    insert into tidings.preferences (recipient, scope, channel, enabled) values ('${user('erin')}', 'comment', '*', false)`);
}

// --- watching

const seen = new Map();
const name = (id) => id.replace(`-${tag}`, '');
async function watch() { // prints what changed; returns all deliveries of this run
  const rows = await sql(`select notification_id, recipient, channel, state, coalesce(reason, ''), attempt, coalesce(error, '')
    from tidings.deliveries where notification_id like '%-${tag}' order by updated_at`);
  for (const [id, recipient, channel, state, reason, attempt, error] of rows) {
    const key = `${id} ${channel}`;
    const now = `${state} ${reason} ${attempt}`;
    if (state === 'sending' || seen.get(key) === now) continue;
    seen.set(key, now);
    const why = [reason, Number(attempt) > 1 && `attempt ${attempt}`, error].filter(Boolean).join(', ').slice(0, 90);
    console.log(`  ${new Date().toISOString().slice(11, 23)}  ${name(id).padEnd(12)} ${name(recipient).padEnd(6)} ${channel.padEnd(6)} ${paint(state, state.padEnd(8))} ${why}`);
  }
  return rows.map(([id, , channel, state, reason, attempt]) => ({ id, channel, state, reason, attempt: Number(attempt) }));
}
async function watchUntil(what, done) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const rows = await watch();
    if (await done(rows)) return;
    if (Date.now() > end) return console.log(`  gave up after ${patienceMs / 1000} s waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
const ended = (row) => !['sending', 'retrying', 'deferred'].includes(row.state);

// --- judging

const text = (rows) => {
  const words = rows.map((row) => `${row.state}${row.reason && ` (${row.reason})`}${row.attempt > 1 ? `, attempt ${row.attempt}` : ''}`);
  return [...new Set(words)].sort().map((word) => { const n = words.filter((w) => w === word).length; return n > 1 ? `${n} × ${word}` : word; }).join('; ') || 'nothing';
};
const same = (row) => `${row.channel} ${row.state} ${row.reason} ${row.state === 'skipped' ? 0 : row.attempt}`;
const rowsOf = (scene, rows) => { const ids = new Set(scene.messages.map((m) => m.id)); return rows.filter((row) => ids.has(row.id)); };
async function deadLetters({ type, reason }, id) {
  const list = await tidings('dlq', 'list', '--type', type, '--reason', reason, '--id', id, '--json');
  return list.total;
}
async function judge(scene, rows) {
  if (scene.dead) {
    const n = await deadLetters(scene.dead, `comment-malformed-${tag}`);
    return { expected: `dead letter (${scene.dead.reason})`, got: n === 1 ? `dead letter (${scene.dead.reason})` : `${n} dead letters`, ok: n === 1 };
  }
  const got = rowsOf(scene, rows);
  let ok = JSON.stringify(got.map(same).sort()) === JSON.stringify(scene.expect.map(same).sort());
  let note = '';
  if (scene.once) {
    const n = await accepted(scene.once);
    note = `; ${n} at the provider`;
    ok &&= n === 1;
  }
  return { expected: text(scene.expect) + (scene.once ? '; 1 at the provider' : ''), got: text(got) + note, ok };
}

async function main() {
  await addPeople();
  await sandbox('POST', '/faults', { match: { address: token('heidi') }, times: 2, answer: { status: 503 } });
  const { fault } = await sandbox('POST', '/faults', { match: { address: token('ivan') }, times: 'always', answer: { status: 400, code: 'INVALID_ARGUMENT' } });

  const all = scenes.flatMap((scene) => scene.raw ?? scene.messages.map((m) => ({ queue: `notifications.${m.type}`, body: JSON.stringify(m) })));
  console.log(`\n${all.length} messages to RabbitMQ; what becomes of them:\n`);
  await publishAll(process.env.TIDINGS_AMQP_URL, all);
  const expected = scenes.reduce((n, scene) => n + (scene.expect?.length ?? 0), 0);
  const letter = scenes.find((scene) => scene.dead);
  await watchUntil('the outcomes', async (rows) => rows.length >= expected && rows.every(ended) && await deadLetters(letter.dead, `comment-malformed-${tag}`) > 0);
  const results = [];
  for (const scene of scenes) results.push([scene.what, await judge(scene, await watch())]);

  console.log('\nThe provider is mended; replaying the one that died:\n');
  await sandbox('DELETE', `/faults/${fault}`);
  await watchUntil('the dead letter', async () => await deadLetters({ type: 'follow', reason: 'permanent' }, dying.id) > 0);
  await tidings('dlq', 'replay', '--type', 'follow', '--id', dying.id, '--json');
  await watchUntil('the replay', (rows) => rowsOf({ messages: [dying] }, rows).every((row) => row.state === 'sent'));
  results.push(['the dead one, replayed', await judge({ messages: [dying], expect: alone('sent'), once: token('ivan') }, await watch())]);

  const width = (pick) => Math.max(...results.map((r) => pick(r).length));
  const [w1, w2] = [width(([what]) => what), width(([, r]) => r.expected)];
  console.log(`\n  ${'message'.padEnd(w1)}  ${'expected'.padEnd(w2)}  outcome`);
  for (const [what, r] of results) {
    console.log(`${paint(r.ok ? 'sent' : 'dead', r.ok ? '✓' : '✗')} ${what.padEnd(w1)}  ${r.expected.padEnd(w2)}  ${r.ok ? 'as expected' : paint('dead', r.got)}`);
  }
  const bad = results.filter(([, r]) => !r.ok).length;
  console.log(`\n${results.length - bad} of ${results.length} outcomes as expected`);
  return bad === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error) => { console.error(`demo: ${error.message}`); return 1; });
