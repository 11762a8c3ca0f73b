// What can become of a message, with the crash points that it passes on its way there, in order: what is not listed is not passed.
// Each passing is a case of its own (`claimed:2`: the second of that name), and says what is different after a crash there.
const take = 'received decoding decoded';
const claim = 'before-claim claimed';
const send = 'before-send answered';
const settle = 'before-settle settled';
const follow = 'before-publish before-confirm published';
const ack = 'before-ack acked';
const attempt = `${take} ${claim} ${send} ${settle}`;
const again = (passes, points = 'before-try tried') => passes.replace('received', `received ${points}`);
const thirdOf = (points) => points.replaceAll(/\S+/g, '$&:3');
const afterWaiting = attempt.replace('received', 'received held-back');
export const stop = 'draining drained intake-closed publisher-closed';

const unavailable = { answer: { status: 503 } };
const refused = { answer: { status: 400, code: 'INVALID_ARGUMENT' } };
const lost = { lose: 'close' };
const reset = { reset: 'after' };
const unauthorised = (retryAfter) => ({ answer: { status: 401, code: 20003, retryAfter } });

const token = (user) => `token-${user}`;
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const several = (c, count) => Array.from({ length: count }, (_, i) => `${c.user}-${i}`);
const pushTo = (users) => users.map((user) => [user, 'push', token(user)]);
const mailTo = (c) => [[c.user, 'email', `${c.user}@example.com`]];
const textTo = (c) => [[c.user, 'sms', `+1555${1_000_000 + c.number}`]];
const devices = (c) => [1, 2].map((n) => [c.user, 'push', `${token(c.user)}-${n}`]);
const full = (c, cap, slots) => `insert into tidings.cap_windows (recipient, cap, window_ms, slots)
  select '${c.user}', '${cap}', 3600000, array_agg(extract(epoch from now())::bigint * 1000 + s) from unnest(array[${slots}]) s;`;
const subscribers = (c, count) => `insert into tidings.subscriptions (topic, recipient) select '${c.user}', '${c.user}-' || n from generate_series(0, ${count - 1}) n;`;
const topic = (c) => ({ recipient: undefined, topic: c.user });

// passes     in order; `unordered` where several messages are under way at once: then only the first passing of each is a case
// overlapping  it may be back before it is acknowledged; repeats: it comes back as often as the machine is fast, until it ends
// late       what is in the database counts the seconds: written and published when the worker takes messages
// visit      of these only, where the others are visited by another outcome
// patient    waits, so more of them run at once
// unsteady   passed or not, as fast as the machine is
// type       of the configuration; body, fault: of the message; addresses, rows: of the database
// http2      FCM is asked by HTTP/2 over TLS; provider: who takes it, of several; reason: for which it waited
// twice      a copy of it was sent before
// states     of the deliveries in the end; accepted: by the provider; letters: dead ones; slots: of caps
// first      where workers died with it before, one after the other
// keepsSlot  after a crash there nobody knows that nothing was sent, so one more slot stays taken
// oneMore    after a crash there, one more is accepted; secondLetter: one more dead letter lies there
// uncertain  after a crash there it is skipped as that, with so many accepted
// poison     a crash there is its third, and it was never claimed: a dead letter, and nothing in the journal
const basic = [
  { name: 'sent', passes: `${attempt} ${ack}`, oneMore: 'answered before-settle' },
  { name: 'sent-or-uncertain', passes: `${attempt} ${ack}`, type: { onUncertain: 'skip' },
    uncertain: { claimed: 0, 'before-send': 0, answered: 1, 'before-settle': 1 } },
  { name: 'sent-after-a-crash', first: ['answered'], passes: `${again(attempt)} ${ack}`, accepted: 2, oneMore: 'answered before-settle' },
  { name: 'sent-alone', first: ['received', 'tried'], passes: `${again(attempt, 'before-try before-try-alone tried')} ${ack}`, oneMore: 'answered before-settle',
    poison: 'tried decoding decoded before-claim' },
  { name: 'poison', first: ['received', 'tried', 'decoding'], passes: `received before-try tried ${follow} ${ack}`, states: {}, accepted: 0, letters: 1, slots: 0,
    secondLetter: 'before-confirm published before-ack acked' },
  { name: 'poison-while-sending', first: ['before-send', 'before-send', 'before-send'], passes: `${again(take)} ${claim} ${follow} ${ack}`,
    states: { 'dead/poison': 1 }, accepted: 0, letters: 1, secondLetter: 'before-confirm published before-ack acked' },
  { name: 'opted-out', passes: `${take} ${claim} ${ack}`, states: { 'skipped/opted_out': 1 }, accepted: 0, slots: 0,
    rows: (c) => `insert into tidings.preferences (recipient, scope, channel, enabled) values ('${c.user}', '*', '*', false);` },
  { name: 'muted', passes: `${take} ${claim} ${ack}`, states: { 'skipped/muted': 1 }, accepted: 0, slots: 0,
    rows: (c) => `insert into tidings.recipients (id, muted) values ('${c.user}', true);` },
  { name: 'no-address', passes: `${take} ${claim} ${ack}`, states: { 'skipped/no_address': 1 }, accepted: 0, slots: 0, addresses: mailTo },
  { name: 'duplicate', twice: true, passes: `${take} ${claim} ${ack}` },
  { name: 'expired', passes: `${take} ${claim} ${ack}`, states: { 'skipped/expired': 1 }, accepted: 0, slots: 0,
    body: () => ({ expiresAt: inSeconds(-60) }) },
  { name: 'capped', cap: 'full', passes: `${take} ${claim} ${ack}`, states: { 'skipped/capped': 1 }, accepted: 0, slots: 2,
    rows: (c) => full(c, 'full', '-2000, -1000') },
  // The slot that was taken is free in less than 5 s; then one of each cap is.
  { name: 'deferred', patient: true, cap: 'later', passes: `${take} ${claim} ${follow} ${ack} ${afterWaiting} ${ack}`, slots: 2, oneMore: 'answered before-settle',
    late: true, rows: (c) => full(c, 'later', '-3595200') },
  { name: 'scheduled', patient: true, passes: `${take} ${claim} ${settle} ${follow} ${ack} received still-early ${follow} ${ack} ${afterWaiting} ${ack}`,
    visit: 'before-settle settled still-early before-publish:2 before-confirm:2 published:2 before-ack:2 acked:2 held-back answered before-settle:2',
    oneMore: 'answered before-settle:2', late: true, body: () => ({ sendAt: inSeconds(12.8) }) },
  // FCM wants ten seconds' pause.
  { name: 'retried', patient: true, passes: `${attempt} ${follow} ${ack} ${afterWaiting} ${ack}`, type: { base: '1ms' },
    visit: `${attempt} ${follow} ${ack} received:2 held-back claimed:2 answered:2 before-settle:2 settled:2 acked:2`,
    oneMore: 'answered:2 before-settle:2', fault: unavailable },
  { name: 'answer-lost', passes: `${attempt} ${follow} ${ack} ${attempt} ${ack}`, overlapping: true, unsteady: 'held-back', type: { base: '1500ms' },
    accepted: 2, oneMore: 'answered:2 before-settle:2', fault: lost },
  { name: 'answer-lost-uncertain', passes: `${attempt} ${ack}`, type: { onUncertain: 'skip' }, states: { 'skipped/uncertain': 1 }, fault: lost,
    uncertain: { claimed: 0, 'before-send': 0 } },
  { name: 'dead', passes: `${attempt} ${follow} ${ack}`, states: { 'dead/permanent': 1 }, accepted: 0, letters: 1, slots: 0,
    secondLetter: 'before-confirm published before-ack acked', keepsSlot: 'claimed before-send answered before-settle',
    fault: { ...refused, times: 'always' } },
  { name: 'exhausted', passes: `${attempt} ${follow} ${ack}`, type: { attempts: 1 }, states: { 'dead/retries_exhausted': 1 }, accepted: 0, letters: 1, slots: 0,
    secondLetter: 'before-confirm published before-ack acked', keepsSlot: 'claimed before-send answered before-settle',
    fault: { ...unavailable, times: 'always' } },
  // FCM is not even asked.
  { name: 'too-large', passes: `${attempt} ${follow} ${ack}`, states: { 'dead/too_large': 1 }, accepted: 0, letters: 1, slots: 0,
    secondLetter: 'before-confirm published before-ack acked', keepsSlot: 'claimed before-send answered before-settle',
    body: () => ({ data: { note: 'x'.repeat(5_000) } }) },
  { name: 'template-error', passes: `${take} ${claim} ${settle} ${follow} ${ack}`, states: { 'dead/template_error': 1 }, accepted: 0, letters: 1, slots: 0,
    secondLetter: 'before-confirm published before-ack acked', keepsSlot: 'claimed before-settle', body: () => ({ template: 'nowhere' }) },
  // The ten seconds of FCM's pause would be too late.
  { name: 'expired-before-a-retry', passes: `${attempt} ${ack}`, states: { 'skipped/expired': 1 }, accepted: 0, slots: 0,
    keepsSlot: 'claimed before-send answered before-settle', late: true, body: () => ({ expiresAt: inSeconds(8) }), fault: { ...unavailable, times: 'always' } },
  // Its settlement takes the address off the profile: the letter must follow all the same.
  { name: 'address-gone', passes: `${attempt} ${follow} ${ack}`, states: { 'dead/recipient_gone': 1 }, accepted: 0, letters: 1, slots: 0,
    visit: `before-settle settled ${follow} ${ack}`, secondLetter: 'before-confirm published before-ack acked', keepsSlot: 'before-settle',
    fault: { answer: { status: 404, code: 'UNREGISTERED' }, times: 'always' } },
  { name: 'malformed', bytes: '{"id": 1', passes: `received decoding ${follow} ${ack}`, states: {}, accepted: 0, letters: 1, slots: 0,
    secondLetter: 'before-confirm published before-ack acked' },
  { name: 'unknown-type', bytes: '{"id": "1", "type": "nobody", "recipient": "1"}', passes: `received decoding ${follow} ${ack}`, states: {}, accepted: 0, letters: 1,
    slots: 0, secondLetter: 'before-confirm published before-ack acked' },
  { name: 'two-devices', unordered: true, passes: `${attempt} ${follow} ${ack}`, unsteady: 'held-back', acks: 2, states: { sent: 2 },
    addresses: devices, fault: reset },
  { name: 'to-recipients', unordered: true, passes: `${attempt} ${follow} ${ack}`, acks: 4, states: { sent: 3 }, slots: 3,
    addresses: (c) => pushTo(several(c, 3)), body: (c) => ({ recipient: undefined, recipients: several(c, 3) }) },
  { name: 'to-recipients-in-parts', unordered: true, passes: `${attempt} ${follow} fan-out-part-published ${ack}`, visit: 'fan-out-part-published',
    acks: 5, states: { sent: 4 }, slots: 4,
    addresses: (c) => pushTo(several(c, 4)), body: (c) => ({ recipient: undefined, recipients: several(c, 4), unused: 'x'.repeat(120_000) }) },
  { name: 'to-topic', unordered: true, passes: `${attempt} ${follow} ${ack}`, acks: 4, states: { sent: 3 }, slots: 3,
    addresses: (c) => pushTo(several(c, 3)), rows: (c) => subscribers(c, 3), body: topic },
  // Nearly all of them have no address, which is enough to be a message each.
  { name: 'to-topic-in-chunks', unordered: true, passes: `${attempt} ${follow} fan-out-chunk-published ${ack}`, unsteady: 'held-back',
    visit: 'before-publish before-confirm published fan-out-chunk-published before-publish:2 published:2',
    acks: 503, states: { sent: 2, 'skipped/no_address': 499 }, slots: 2,
    addresses: (c) => pushTo(several(c, 2)), rows: (c) => subscribers(c, 501), body: topic },
  { name: 'replayed', replay: 'worker', passes: `${again(attempt)} ${ack}`, oneMore: 'answered before-settle', fault: refused },
  { name: 'replaying', replay: 'tidings', passes: 'replay-read before-confirm replay-published replay-acked', fault: refused },
  { name: 'stopping', stop: true, passes: `${take} ${claim} before-send draining answered ${settle} ${ack} drained intake-closed publisher-closed`,
    visit: 'draining answered before-settle settled before-ack acked drained intake-closed publisher-closed',
    oneMore: 'draining answered before-settle', fault: { delayMs: 500 } },
  // The first of two devices keeps the second from being written to until shortly before the end.
  { name: 'stopping-late', patient: true, stop: true, unordered: true, states: { sent: 2 },
    passes: `${take} ${claim} before-send draining sends-aborted answered ${settle} ${follow} ${ack} drained intake-closed publisher-closed`,
    visit: `sends-aborted answered ${settle} ${follow} ${ack} drained intake-closed publisher-closed`,
    addresses: devices, fault: [{ delayMs: 1_500 }, { delayMs: 9_000 }] },
];

// The same by another way: what differs happens between the request and its answer.
function by(way, settings, names) {
  return basic.filter(({ name }) => names.includes(name)).map((outcome) => (
    { ...outcome, ...settings, name: `${outcome.name}-by-${way}`, type: { ...outcome.type, ...settings.type } }));
}

const mail = { type: { channels: ['email'] }, addresses: mailTo };
const sms = { type: { channels: ['sms'] }, addresses: textTo };
const uncertain = ['answer-lost', 'answer-lost-uncertain'];

export const outcomes = [
  ...basic,
  ...by('mail', mail, ['sent', ...uncertain]),
  ...by('sms', sms, ['sent', ...uncertain]),
  ...by('http2', { http2: true }, ['sent', ...uncertain, 'stopping', 'stopping-late']),
  { name: 'failed-over', ...mail, provider: 'second', passes: `${attempt} ${ack}`, oneMore: 'answered before-settle',
    fault: { answer: { status: 451, code: '4.3.0' } } },
  { name: 'throttled', ...sms, passes: `${attempt} ${follow} ${ack} ${afterWaiting} ${ack}`, overlapping: true, unsteady: 'held-back',
    oneMore: 'answered:2 before-settle:2', fault: { answer: { status: 429, code: 20429 } } },
  { name: 'refused-credentials', patient: true, ...sms, passes: `${attempt} ${follow} ${ack} ${afterWaiting} ${ack}`, overlapping: true, unsteady: 'held-back',
    oneMore: 'answered:2 before-settle:2', fault: unauthorised(2) },
  // The second refusal opens the circuit for two seconds, and it is back after one.
  { name: 'circuit-open', patient: true, ...sms, repeats: true, reason: 'circuit_open', passes: `${attempt} ${follow} ${ack}`, unsteady: 'held-back',
    visit: thirdOf(`${attempt} ${follow} ${ack}`), states: { 'skipped/expired': 1 }, accepted: 0, slots: 0,
    keepsSlot: 'claimed:3 before-send:3 answered:3 before-settle:3', late: true, body: () => ({ expiresAt: inSeconds(12) }), fault: { ...unauthorised(1), times: 'always' } },
];

const listed = (text) => (text ?? '').split(' ').filter(Boolean).map((name) => (name.includes(':') ? name : `${name}:1`));

function numbered(names) {
  const seen = new Map();
  return names.map((name) => {
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return `${name}:${seen.get(name)}`;
  });
}

export const passings = (outcome) => numbered(outcome.passes.split(' '));

export function casesOf(outcome) {
  const all = passings(outcome);
  return ['trace', ...(outcome.visit ? listed(outcome.visit) : all)].map((at) => ({ outcome, at }));
}

export const peopleOf = (c) => c.outcome.addresses?.(c) ?? pushTo([c.user]);

export function expected({ outcome, at }) {
  const { states = { sent: 1 }, accepted = 1, letters = 0, slots = 1 } = outcome;
  const unknowable = Object.entries(outcome.uncertain ?? {}).find(([name]) => at === `${name}:1`);
  if (unknowable) return { states: { 'skipped/uncertain': 1 }, accepted: unknowable[1], letters, slots };
  if (listed(outcome.poison).includes(at)) return { states: {}, accepted: 0, letters: 1, slots: 0 };
  const more = (points) => Number(listed(points).includes(at));
  return { states, accepted: accepted + more(outcome.oneMore), letters: letters + more(outcome.secondLetter), slots: slots + more(outcome.keepsSlot) };
}
