// Faults of the providers, played by the sandbox. What it accepts and doesn't answer is in its record with the fault's
// name, so each repeat that follows is accounted for one by one.
const rules = (make) => async ({ sandbox, slots }, dice) => {
  const made = await Promise.all(make(dice).map((rule) => sandbox.fault({ times: 'always', ...rule })));
  const late = make(dice).some(({ delayMs }) => delayMs); // and given up, perhaps
  return { workers: late ? slots.length : 0, heal: () => Promise.all(made.map(({ fault }) => sandbox.noFault(fault))) };
};
const rule = (make) => rules((dice) => [make(dice)]);
const http = ['fcm', 'twilio'];
// In each provider's own words; to SMTP a plain 500 would be a refusal for good.
const answers = (status, smtpStatus, more = {}) => rules(() => [
  ...http.map((provider) => ({ match: { provider }, ...more, answer: { status, ...(status === 429 && { retryAfter: 1 }) } })),
  { match: { provider: 'smtp' }, ...more, answer: { status: smtpStatus } },
]);
const throttle = async ({ sandbox }) => {
  await sandbox.throttle('fcm', 20, 1);
  return { workers: 0, heal: () => sandbox.throttle('fcm', null) };
};
const noTokens = async ({ sandbox }) => {
  const { fault } = await sandbox.fault({ match: { provider: 'fcm-token' }, times: 'always', answer: { status: 503 } });
  await sandbox.expireTokens();
  return { workers: 0, heal: () => sandbox.noFault(fault) };
};

export const providerFaults = [
  { name: 'provider answers 500', hold: [1_000, 5_000], inject: answers(500, 451) },
  { name: 'provider answers 500 now and then', hold: [2_000, 5_000], inject: answers(500, 451, { every: 3 }) },
  { name: 'provider answers 429', hold: [1_000, 4_000], inject: answers(429, 450) },
  { name: 'provider throttles', hold: [2_000, 5_000], inject: throttle },
  { name: 'provider late', hold: [2_000, 5_000], inject: rule((dice) => ({ delayMs: 100 + Math.round(dice[0] * 1_900) })) },
  { name: 'provider too late', hold: [2_000, 5_000], inject: rule(() => ({ every: 4, delayMs: 4_000 })) },
  { name: 'provider resets before reading', hold: [1_000, 4_000], inject: rule(() => ({ every: 2, reset: 'before' })) },
  { name: 'provider resets after reading', hold: [1_000, 4_000], inject: rule(() => ({ every: 2, reset: 'after' })) },
  { name: 'provider answers by half', hold: [1_000, 4_000], inject: rule(() => ({ every: 4, half: true })) },
  { name: 'accepted, answer lost', hold: [1_000, 4_000], inject: rule(() => ({ every: 4, lose: 'close' })) },
  { name: 'accepted, never answered', hold: [1_000, 4_000], inject: rule(() => ({ every: 8, lose: 'hang' })) },
  { name: 'provider gives no tokens', hold: [1_000, 4_000], inject: noTokens },
];
