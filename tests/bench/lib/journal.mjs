// A journal of a given size: what earlier days have left, spread over the week that is kept.

const atOnce = 500_000;
const earlier = 'earlier-%';

async function count(rig) {
  return Number(await rig.sql(`select count(*) from tidings.log where notification_id like '${earlier}'`));
}

// Each run begins with this many rows and nothing else. A large journal that is there already is kept, or filled
// up, with what runs have added to it, because writing it takes minutes.
export async function setJournal(rig, rows) {
  const there = rows > 0 ? await count(rig) : 0;
  if (rows > 0 && there === rows) return;
  const kept = there < rows && there > 0 ? there : 0;
  if (kept === 0) await rig.sql('truncate tidings.log, tidings.cap_windows');
  for (let from = kept + 1; from <= rows; from += atOnce) await insert(rig, from, Math.min(rows, from + atOnce - 1));
  if (rows === 0) return; // one that is known to be empty gets worse plans than one nobody has counted
  await rig.sql('vacuum analyze tidings.log');
  await rig.sql('checkpoint');
}

// As settle() leaves them. md5 scatters the ids over the index, as an app's own would be.
const insert = (rig, from, to) => rig.sql(`
  insert into tidings.log (day, address_hash, token, created_at, updated_at, owner, attempt, takeovers, priority, state, provider,
                           provider_message_id, notification_id, recipient, type, channel, address)
  select (at at time zone 'UTC')::date, hashtextextended(address, 0), n, at, at + interval '20 ms', 1, 1, 0, 2, 'sent', 'fcm',
         'projects/sink/messages/0:'||n, 'earlier-'||md5(n::text), 'user-'||u, (array['comment', 'like', 'follow', 'system'])[1 + n % 4], 'push', address
  from (select n, 1 + n % ${rig.options.users} as u, 'device-token-of-user-'||(1 + n % ${rig.options.users})||'-'||repeat('x', 120) as address,
               now() - (n % 7) * interval '1 day' as at
        from generate_series(${from}, ${to}) n) rows`);
