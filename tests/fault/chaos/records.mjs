// What the checker compares, read when a run is over.
import path from 'node:path';
import { binaries, output } from '../lib/run.mjs';
import { queueDepths, sql } from '../lib/stack.mjs';
import { judge } from './checker.mjs';
import { Arrivals } from './rate.mjs';

// What became of `expected` in this world; see checker.mjs for it and for `steps` and `caps`.
export async function judgeWorld(world, { expected, steps, caps = [] }) {
  const whose = await addressBook(world);
  const arrivals = new Arrivals(world.record);
  arrivals.read();
  arrivals.close();
  const accepted = arrivals.accepted.map(({ id, address, at, fault }) => ({ key: `${id} ${whose.get(address) ?? `? ${address}`}`, at, fault }));
  return judge({
    expected, accepted, steps, caps, journal: await readJournal(world), dead: await readDeadLetters(world, expected),
    claims: await readClaims(world, caps), delayed: await countDelayed(),
  });
}

// Of a message to one person, of a type that sends again what is uncertain.
export const expectation = ({ id, recipient }) => ({ key: `${id} ${recipient}`, expect: 'sent', resend: true, at: 0 });

// [{key, state, reason, created, updated, next}]
async function readJournal({ tag }) {
  const rows = await sql(`select notification_id || ' ' || recipient, state, coalesce(reason, ''), extract(epoch from created_at) * 1000,
    extract(epoch from updated_at) * 1000, coalesce(extract(epoch from next_attempt_at) * 1000, 0) from tidings.deliveries where notification_id like '${tag}-%'`);
  return rows.map(([key, state, reason, created, updated, next]) => ({ key, state, reason, created: Number(created), updated: Number(updated), next: Number(next) }));
}

// Of the types whose caps have a window; see waiting.mjs.
async function readClaims(world, caps) {
  const types = [...new Set(caps.filter(({ windowMs }) => windowMs).map(({ type }) => `'${world.type(type)}'`))];
  const claims = new Map();
  if (types.length === 0) return claims;
  const events = await sql(`select notification_id || ' ' || recipient, state, extract(epoch from at) * 1000 from tidings.delivery_events
    where type in (${types}) order by 1, at`);
  events.forEach(([key, state, at], i) => {
    if (state !== 'sending') return;
    if (!claims.has(key)) claims.set(key, []);
    claims.get(key).push({ at: Math.floor(at), again: events[i - 1]?.[0] === key && events[i - 1][1] === 'sending' });
  });
  return claims;
}

const countDelayed = async () => [...(await queueDepths('tidings.delay.')).values()].reduce((sum, depth) => sum + depth, 0);

// [{key, reason}]; a broken message has no recipient, one that fans out has several, and those to a topic are in nobody's list.
async function readDeadLetters({ config, tag }, expected) {
  const lines = (await output(path.join(binaries, 'workers/tidings/tidings'), ['dlq', 'export', '--config', config])).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).flatMap(({ body, properties }) => {
    const { id, recipient = '', recipients = [recipient], topic } = JSON.parse(body);
    const reason = properties.headers?.['x-tidings-reason'] ?? 'delivery_limit';
    if (topic) return expected.filter(({ key }) => key.startsWith(`${id} `)).map(({ key }) => ({ key, reason }));
    return id.startsWith(`${tag}-`) ? recipients.map((each) => ({ key: `${id} ${each}`, reason })) : [];
  });
}

// Of what a provider saw: the address tells the recipient.
async function addressBook({ tag }) {
  const rows = await sql(`select address, recipient from tidings.addresses where recipient like '${tag}-%'`);
  return new Map(rows);
}
