// Faults between the workers and their servers: between all of them or one.
import { nothing, oneOf } from './acts.mjs';

// Each begins with the proxies it concerns and gives what ends it.
const kinds = {
  'cut': async (proxies) => {
    for (const proxy of proxies) { await proxy.refuse(); proxy.cut(); }
    return async () => { for (const proxy of proxies) await proxy.accept(); };
  },
  'reset': async (proxies) => {
    for (const proxy of proxies) proxy.reset();
    return nothing;
  },
  'refused': async (proxies) => {
    for (const proxy of proxies) { await proxy.refuse(); proxy.reset(); }
    return async () => { for (const proxy of proxies) await proxy.accept(); };
  },
  'delayed': async (proxies, die) => {
    for (const proxy of proxies) proxy.delay(50 + Math.round(die * 450));
    return async () => { for (const proxy of proxies) proxy.heal(); };
  },
  // What both sides still believe in is gone when the way is open again, as after a firewall's restart.
  'half-open': async (proxies) => {
    for (const proxy of proxies) proxy.hush();
    return async () => { for (const proxy of proxies) { proxy.reset(); proxy.heal(); } };
  },
  'stalled': async (proxies) => {
    for (const proxy of proxies) proxy.hush();
    return async () => { for (const proxy of proxies) proxy.heal(); };
  },
  'slow': async (proxies, die) => {
    for (const proxy of proxies) proxy.slow(2_000 + Math.round(die * 18_000));
    return async () => { for (const proxy of proxies) proxy.heal(); };
  },
};
const holds = { 'cut': [500, 5_000], 'reset': [0, 100], 'refused': [500, 5_000], 'delayed': [2_000, 5_000], 'half-open': [2_000, 14_000], 'stalled': [1_000, 14_000], 'slow': [2_000, 5_000] };
const servers = { RabbitMQ: ['amqp'], PostgreSQL: ['pg'], 'provider': ['http', 'smtp'] };

const inject = (names, begin) => async ({ slots }, dice) => {
  const concerned = dice[0] < 0.5 ? slots : [oneOf(slots, dice[1])];
  const ways = concerned.flatMap(({ proxies }) => names.flatMap((name) => proxies[name]));
  const acted = () => ways.reduce((n, proxy) => n + proxy.acted, 0);
  const before = acted();
  return { heal: await begin(ways, dice[2]), proof: () => acted() > before, workers: concerned.length };
};

export const networkFaults = Object.entries(servers).flatMap(([server, names]) =>
  Object.entries(kinds).map(([kind, begin]) => ({ name: `way to ${server} ${kind}`, hold: holds[kind], certain: server !== 'provider', inject: inject(names, begin) })));
