// What is published: a mix of every channel, both answers to `on_uncertain`, a cap, people who opted out, fan-outs,
// repeated ids and broken messages. The nth message is the same in every run with the same seed.
import { seeded } from './random.mjs';

export const people = 500;
export const capLimit = 40;
// share: of the messages; resend: as on_uncertain
const kinds = [
  { name: 'again', share: 0.46, resend: true, channels: ['push'] },
  { name: 'once', share: 0.30, resend: false, channels: ['push'] },
  { name: 'mail', share: 0.10, resend: true, channels: ['email'] },
  { name: 'text', share: 0.10, resend: false, channels: ['sms'] },
  { name: 'rare', share: 0.02, resend: true, channels: ['push'] },
  { name: 'capped', share: 0.02, resend: true, channels: ['push'] },
];
const patient = { attempts: 100, base: '100ms', max: '5s' };
export const types = Object.fromEntries(kinds.map(({ name, resend, channels }) => [name, { channels, onUncertain: resend ? 'resend' : 'skip', ...patient }]));
export const caps = { hourly: { type: 'capped', limit: capLimit, window: '6h' } };
const shares = { broken: 0.005, repeated: 0.01, fanOut: 0.01, optedOut: 0.02 };

export const user = (n) => `u${n}`;
const loner = 'u-out';   // opted out of everything
const capped = (n) => `u${n % 10}`;
export const everybody = [...Array.from({ length: people }, (_, n) => user(n)), loner];
export { loner };

function pick(random) {
  let at = random();
  return kinds.find(({ share }) => (at -= share) < 0) ?? kinds[0];
}

// {queue, body, id, times, deliveries: [{key, expect, resend}]}; `times`: how often it is published.
export function makeLoad(world, seed) {
  const random = seeded(seed ^ 0x5eed);
  const key = (id, name) => `${id} ${world.user(name)}`;
  return (n) => {
    const kind = pick(random), chance = random(), someone = Math.floor(random() * people);
    const id = `${world.tag}-${n}`, queue = `notifications.${world.type(kind.name)}`;
    const body = { id, type: world.type(kind.name), title: 'New comment', message: 'Somebody wrote to you', data: { actor: 'Alice', post: 'Tides', excerpt: 'I liked this', url: 'https://example.com/p/1', count: 1 }, createdAt: new Date().toISOString() };
    const one = (name, expect) => ({ key: key(id, name), expect, resend: kind.resend });
    const make = (more, deliveries, times = 1) => ({ id, queue, body: JSON.stringify({ ...body, ...more }), times, deliveries });
    if (kind.name === 'capped') return make({ recipient: world.user(capped(someone)) }, [one(capped(someone), 'capped')]);
    let at = chance;
    if ((at -= shares.broken) < 0) return make({}, [{ key: `${id} `, expect: 'malformed', resend: kind.resend }]);
    if ((at -= shares.optedOut) < 0) return make({ recipient: world.user(loner) }, [one(loner, 'opted_out')]);
    if ((at -= shares.fanOut) < 0) {
      const names = [0, 1, 2].map((i) => user((someone + i) % people));
      return make({ recipients: names.map((name) => world.user(name)) }, names.map((name) => one(name, 'sent')));
    }
    return make({ recipient: world.user(user(someone)) }, [one(user(someone), 'sent')], at - shares.repeated < 0 ? 2 : 1);
  };
}

// Deliveries per recipient of the capped type.
export function capsOf(expected) {
  const keys = new Map();
  for (const { key, expect } of expected) {
    if (expect !== 'capped') continue;
    const name = key.slice(key.indexOf(' ') + 1);
    if (!keys.has(name)) keys.set(name, []);
    keys.get(name).push(key);
  }
  return [...keys.values()].map((list) => ({ keys: list, limit: capLimit }));
}
