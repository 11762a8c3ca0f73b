// What the checker compares, read when a run is over.
import path from 'node:path';
import { binaries, output } from '../lib/run.mjs';
import { sql } from '../lib/stack.mjs';
import { judge } from './checker.mjs';
import { Arrivals } from './rate.mjs';

// What became of `expected` in this world; see checker.mjs for it and for `steps` and `caps`.
export async function judgeWorld(world, { expected, steps, caps = [] }) {
  const whose = await addressBook(world);
  const arrivals = new Arrivals(world.record);
  arrivals.read();
  arrivals.close();
  const accepted = arrivals.accepted.map(({ id, address, at, fault }) => ({ key: `${id} ${whose.get(address) ?? `? ${address}`}`, at, fault }));
  return judge({ expected, accepted, journal: await readJournal(world), dead: await readDeadLetters(world), steps, caps });
}

// Of a message to one person, of a type that sends again what is uncertain.
export const expectation = ({ id, recipient }) => ({ key: `${id} ${recipient}`, expect: 'sent', resend: true, at: 0 });

// [{key, state, reason, created, updated}]
async function readJournal({ tag }) {
  const rows = await sql(`select notification_id || ' ' || recipient, state, coalesce(reason, ''), extract(epoch from created_at) * 1000, extract(epoch from updated_at) * 1000
    from tidings.deliveries where notification_id like '${tag}-%'`);
  return rows.map(([key, state, reason, created, updated]) => ({ key, state, reason, created: Number(created), updated: Number(updated) }));
}

// [{key, reason}]; a broken message has no recipient, one that fans out has several.
async function readDeadLetters({ config, tag }) {
  const lines = (await output(path.join(binaries, 'workers/tidings/tidings'), ['dlq', 'export', '--config', config])).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).flatMap(({ body, properties }) => {
    const { id, recipient = '', recipients = [recipient] } = JSON.parse(body);
    const reason = properties.headers?.['x-tidings-reason'] ?? 'delivery_limit';
    return id.startsWith(`${tag}-`) ? recipients.map((each) => ({ key: `${id} ${each}`, reason })) : [];
  });
}

// Of what a provider saw: the address tells the recipient.
async function addressBook({ tag }) {
  const rows = await sql(`select address, recipient from tidings.addresses where recipient like '${tag}-%'`);
  return new Map(rows);
}
