// Faults of the providers, played by the sandbox. What it accepts and doesn't answer is in its record with the fault's
// name, so each repeat that follows is accounted for one by one.
import { sql } from '../lib/stack.mjs';
import { metricGrows } from './proofs.mjs';
import { control, playRules, refuses } from './rules.mjs';

const rules = (make) => async ({ sandbox, slots }, dice) => {
  const made = make(dice);
  const late = made.some(({ delayMs }) => delayMs); // and given up, perhaps
  const shared = made.some(({ connection }) => connection); // with other requests
  return Object.assign(await playRules(sandbox, made), { workers: late || shared ? slots.length : 0, doubt: shared ? slots.length : 0 });
};
const rule = (make) => rules((dice) => [make(dice)]);
const http = ['fcm', 'twilio'];
const byHttp = (more) => rules(() => http.map((provider) => ({ match: { provider }, ...more })));
// In each provider's own words; to SMTP a plain 500 would be a refusal for good.
const answers = (status, smtpStatus, more = {}) => rules(() => [
  ...http.map((provider) => ({ match: { provider }, ...more, answer: { status, ...(status === 429 && { retryAfter: 1 }) } })),
  { match: { provider: 'smtp' }, ...more, answer: { status: smtpStatus } },
]);
const throttle = (provider, perSecond, status) => async ({ sandbox }) => {
  const proof = refuses(sandbox, provider, status);
  await sandbox.throttle(provider, perSecond, 1);
  return { workers: 0, heal: () => sandbox.throttle(provider, null), proof };
};
const noTokens = async ({ sandbox }) => {
  const played = await playRules(sandbox, [{ match: { provider: 'fcm-token' }, answer: { status: 503 } }]);
  await sandbox.expireTokens();
  return Object.assign(played, { workers: 0 });
};

// A fifth of the addresses cannot be reached for a while. (What is gone for good would be given up, as it should.)
const outOfReach = { fcm: 'UNAVAILABLE', twilio: 20503, smtp: '4.2.2' };
const channels = { push: 'fcm', sms: 'twilio', email: 'smtp' };
const unreachable = async ({ sandbox, world }) => {
  const proof = refuses(sandbox, 'fcm', 503);
  const addresses = await sql(`select channel, address from tidings.addresses where recipient like '${world.user('u1')}%'`);
  for (const [channel, provider] of Object.entries(channels)) {
    await control(sandbox, 'POST', '/dead', { provider, addresses: addresses.filter(([name]) => name === channel).map(([, address]) => address), code: outOfReach[provider] });
  }
  return { workers: 0, heal: () => control(sandbox, 'DELETE', '/dead'), proof };
};

// The relay's sessions begin anew, because a kept one is past most of this.
const afresh = (slots) => { for (const { proxies } of slots) for (const proxy of proxies.smtp) proxy.reset(); };
const stage = (name) => async ({ sandbox, slots }, dice) => {
  const how = dice[0] < 0.5 ? { answer: { status: 451 } } : { reset: 'after' };
  const played = await playRules(sandbox, [{ match: { provider: 'smtp' }, stage: name, ...how }]);
  afresh(slots);
  return Object.assign(played, { workers: slots.length, doubt: slots.length });
};
const offers = (settings, before, prove) => async ({ sandbox, slots }) => {
  const proof = prove(sandbox, slots);
  await control(sandbox, 'POST', '/smtp', settings);
  afresh(slots);
  return { workers: slots.length, heal: () => control(sandbox, 'POST', '/smtp', before), proof };
};
const refusedByUs = (_, slots) => metricGrows(slots.map(({ child }) => child), 'tidings_provider_request_duration_seconds_count', ['provider="smtp"', 'outcome="auth"']);
const page = '<html><body>This is not what you asked for</body></html>';

export const providerFaults = [
  { name: 'provider answers 500', hold: [1_000, 5_000], inject: answers(500, 451) },
  { name: 'provider answers 500 now and then', hold: [2_000, 5_000], inject: answers(500, 451, { every: 3 }) },
  { name: 'provider answers 429', hold: [1_000, 4_000], certain: true, inject: answers(429, 450) },
  { name: 'provider answers 200 with a page', hold: [1_000, 4_000], inject: byHttp({ every: 4, answer: { status: 200, body: page } }) },
  { name: 'provider answers 502 with a page', hold: [1_000, 4_000], inject: byHttp({ answer: { status: 502, body: page } }) },
  { name: 'provider answers in foreign JSON', hold: [1_000, 4_000], inject: byHttp({ every: 2, answer: { status: 503, body: { error: ['busy'], code: null } } }) },
  { name: 'provider throttles', hold: [2_000, 5_000], certain: true, inject: throttle('fcm', 20, 429) },
  { name: 'provider of SMS throttles', hold: [2_000, 5_000], certain: true, inject: throttle('twilio', 2, 429) },
  { name: 'relay throttles', hold: [2_000, 5_000], certain: true, inject: throttle('smtp', 2, 450) },
  { name: 'provider late', hold: [2_000, 5_000], inject: rule((dice) => ({ delayMs: 100 + Math.round(dice[0] * 1_900) })) },
  { name: 'provider too late', hold: [2_000, 5_000], inject: rule(() => ({ every: 4, delayMs: 4_000 })) },
  { name: 'provider resets before reading', hold: [1_000, 4_000], inject: rule(() => ({ every: 2, reset: 'before' })) },
  { name: 'provider resets after reading', hold: [1_000, 4_000], inject: rule(() => ({ every: 2, reset: 'after' })) },
  { name: 'provider answers by half', hold: [1_000, 4_000], inject: rule(() => ({ every: 4, half: true })) },
  { name: 'provider ends whole connections', hold: [1_000, 4_000], inject: rule(() => ({ every: 4, lose: 'close', connection: true })) },
  { name: 'provider retires connections', hold: [1_000, 4_000], certain: true, inject: byHttp({ every: 10, retire: true }) },
  { name: 'provider reaches some addresses no more', hold: [1_000, 4_000], certain: true, inject: unreachable },
  { name: 'accepted, answer lost', hold: [1_000, 4_000], inject: rule(() => ({ every: 4, lose: 'close' })) },
  { name: 'accepted, never answered', hold: [1_000, 4_000], inject: rule(() => ({ every: 8, lose: 'hang' })) },
  { name: 'provider gives no tokens', hold: [1_000, 4_000], certain: true, inject: noTokens },
  ...['connect', 'ehlo', 'auth', 'mail', 'rcpt', 'data'].map((name) => ({ name: `relay fails at ${name}`, hold: [1_000, 4_000], inject: stage(name) })),
  { name: 'relay without STARTTLS', hold: [1_000, 4_000], inject: offers({ starttls: false }, { starttls: true }, refusedByUs), needs: 'starttls' },
  { name: 'relay without AUTH', hold: [1_000, 4_000], inject: offers({ auth: false }, { auth: true }, refusedByUs) },
  { name: 'relay takes one mail a connection', hold: [1_000, 4_000], inject: offers({ messagesPerConnection: 1 }, { messagesPerConnection: 0 }, (sandbox) => refuses(sandbox, 'smtp', 421)) },
];
