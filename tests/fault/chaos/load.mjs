// What is published: a mix of every channel, both answers to `on_uncertain`, caps of both kinds, people who opted out, what waits
// for its time, has expired or is refused, fan-outs, repeated ids and broken messages. The nth message is the same in every run
// with the same seed, but for its times.
import { barred, goner, loner, people, subscribers, topicOf, user, waiter } from './people.mjs';
import { seeded } from './random.mjs';

const type = (channel, onUncertain) => ({ channels: [channel], onUncertain, attempts: 100, base: '100ms', max: '5s' });
export const types = {
  again: type('push', 'resend'), once: type('push', 'skip'), mail: type('email', 'resend'), text: type('sms', 'skip'),
  rare: type('push', 'resend'), capped: type('push', 'resend'), waits: type('push', 'resend'), refused: type('sms', 'resend'),
};
export const caps = {
  hourly: { type: 'capped', limit: 40, window: '6h' },  // no slot is free again before the run is over
  shortly: { type: 'waits', limit: 3, window: '5s', windowMs: 5_000, onExceed: 'defer' },
};

const timeOf = (ms) => new Date(ms).toISOString();
const anyone = (n, i) => ({ to: [user(i)] });
const twice = (n, i) => ({ to: [user(i)], times: 2 });
const several = (n, i) => ({ to: [0, 1, 2].map((more) => user((i + more) % people)) });
const topic = (n) => ({ to: subscribers(n), topic: topicOf(n) });
const broken = () => ({ to: [], expect: 'malformed' });
const unwanted = () => ({ to: [loner], expect: 'opted_out' });
const capped = (n, i) => ({ to: [user(i % 10)], expect: 'capped', cap: 'hourly' });
const waiting = (n) => ({ to: [waiter(n)], cap: 'shortly' });
const refused = () => ({ to: [barred], expect: 'refused' });
const gone = (n) => ({ to: [goner(n)], expect: 'gone' });
// No clock is stepped so far that it would not have expired.
const expired = (n, i, now) => ({ to: [user(i)], expect: 'expired', more: { expiresAt: timeOf(now - 7_200_000) } });
const later = (n, i, now, die) => {
  const due = now + 3_000 + Math.round(die * 17_000);
  return { to: [user(i)], more: { sendAt: timeOf(due) }, due };
};

// [share of the messages, type, make(n, someone, now, die)]; `make` says for the nth who gets it (`to`), and what is special about it.
const kinds = [
  [0.005, 'again', broken], [0.005, 'mail', broken], [0.01, 'once', unwanted], [0.01, 'text', unwanted],
  [0.01, 'again', several], [0.01, 'once', topic], [0.005, 'again', twice], [0.005, 'text', twice],
  [0.02, 'capped', capped], [0.01, 'waits', waiting], [0.01, 'once', later], [0.01, 'mail', later], [0.01, 'again', expired],
  [0.01, 'refused', refused], [0.005, 'again', gone],
  [0.02, 'rare', anyone], [0.09, 'mail', anyone], [0.09, 'text', anyone], [0.26, 'once', anyone], [1, 'again', anyone],  // the rest
];

function pick(random) {
  let at = random();
  return kinds.find(([share]) => (at -= share) < 0);
}

function addressed(world, { to, topic: name }) {
  if (name) return { topic: world.user(name) };
  const names = to.map((each) => world.user(each));
  return names.length > 1 ? { recipients: names } : { recipient: names[0] };
}

// {queue, body, id, times, deliveries: [{key, expect, resend, due, cap}]}; `times`: how often it is published.
export function makeLoad(world, seed, clock = Date.now) {
  const random = seeded(seed ^ 0x5eed);
  return (n) => {
    const [, name, make] = pick(random), someone = Math.floor(random() * people), now = clock();
    const message = make(n, someone, now, random()), { to, expect = 'sent', times = 1, due, cap, more } = message;
    const id = `${world.tag}-${n}`, resend = types[name].onUncertain === 'resend';
    const body = { id, type: world.type(name), title: 'New comment', message: 'Somebody wrote to you', data: { actor: 'Alice', post: 'Tides', excerpt: 'I liked this', url: 'https://example.com/p/1', count: 1 }, createdAt: timeOf(now) };
    const deliveries = (to.length ? to.map((each) => world.user(each)) : ['']).map((recipient) => ({ key: `${id} ${recipient}`, expect, resend, due, cap }));
    return { id, queue: `notifications.${body.type}`, body: JSON.stringify({ ...body, ...addressed(world, message), ...more }), times, deliveries };
  };
}

// [{keys, limit, windowMs, type}]: deliveries that share a cap; without a window, one that no slot leaves while a run lasts.
export function capsOf(expected) {
  const groups = new Map();
  for (const { key, cap } of expected) {
    if (!cap) continue;
    const whose = `${cap} ${key.slice(key.indexOf(' ') + 1)}`;
    if (!groups.has(whose)) groups.set(whose, { keys: [], limit: caps[cap].limit, windowMs: caps[cap].windowMs, type: caps[cap].type });
    groups.get(whose).keys.push(key);
  }
  return [...groups.values()];
}
