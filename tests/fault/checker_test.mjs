// The judge of the chaos runs, judged with made-up records.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { judge } from './chaos/checker.mjs';

const expected = (key, more = {}) => ({ key, expect: 'sent', resend: true, at: 100, ...more });
const accepted = (key, at = 110, fault = null) => ({ key, at, fault });
const row = (key, state = 'sent', reason = '', more = {}) => ({ key, state, reason, created: 105, updated: 120, ...more });
const nothing = { expected: [], accepted: [], journal: [], dead: [], steps: [] };
const kill = { from: 100, to: 200, inFlight: 1 };
const hour = 3_600_000, fast = { ...kill, fast: hour }, slow = { ...kill, slow: hour };

function found(records) {
  const { ok, ...verdict } = judge({ ...nothing, ...records });
  const kinds = ['lost', 'wronglySkipped', 'contradictory', 'unexplained', 'forbidden'].filter((kind) => verdict[kind] > 0);
  for (const over of ['overBound', 'overDoubt']) if (verdict[over].length) kinds.push(over);
  assert.equal(ok, kinds.length === 0);
  return kinds;
}
const one = (end) => ({ expected: [expected('a', end.expected)], accepted: end.accepted ?? [], journal: end.journal ?? [], dead: end.dead ?? [], steps: end.steps ?? [], delayed: end.delayed });

const cases = [
  ['sent, accepted once, and so in the journal', { accepted: [accepted('a')], journal: [row('a')] }, []],
  ['published and never heard of again', {}, ['lost']],
  ['accepted, but not in the journal', { accepted: [accepted('a')] }, ['lost']],
  ['still retrying when everything was over', { journal: [row('a', 'retrying')] }, ['lost']],
  ['dead without a dead letter', { journal: [row('a', 'dead', 'poison')] }, ['lost']],
  ['sent twice within a fault', { accepted: [accepted('a'), accepted('a', 180)], journal: [row('a')], steps: [kill] }, []],
  ['sent twice without a fault', { accepted: [accepted('a'), accepted('a', 180)], journal: [row('a')] }, ['unexplained']],
  ['sent twice before the fault came', { accepted: [accepted('a', 10), accepted('a', 20)], journal: [row('a', 'sent', '', { created: 5, updated: 20 })], steps: [kill] }, ['unexplained']],
  ['sent twice after a fault that held it up', { accepted: [accepted('a', 250), accepted('a', 290)], journal: [row('a', 'sent', '', { created: 150, updated: 300 })], steps: [kill] }, []],
  ['sent twice because the provider lost its answer', { accepted: [accepted('a', 110, 'lose'), accepted('a', 180)], journal: [row('a')] }, []],
  ['sent three times where one was in flight', { accepted: [accepted('a'), accepted('a', 150), accepted('a', 180)], journal: [row('a')], steps: [kill] }, ['overBound']],
  ['sent twice although its type skips what is uncertain', { expected: { resend: false }, accepted: [accepted('a'), accepted('a', 180)], journal: [row('a')], steps: [kill] }, ['forbidden']],
  ['uncertain within a fault', { expected: { resend: false }, accepted: [accepted('a')], journal: [row('a', 'skipped', 'uncertain')], steps: [kill] }, []],
  ['uncertain without a fault', { expected: { resend: false }, journal: [row('a', 'skipped', 'uncertain')] }, ['wronglySkipped']],
  ['uncertain although its type sends again', { journal: [row('a', 'skipped', 'uncertain')], steps: [kill] }, ['wronglySkipped']],
  ['skipped for a reason that nobody gave', { journal: [row('a', 'skipped', 'no_address')] }, ['wronglySkipped']],
  ['skipped for its recipient', { expected: { expect: 'opted_out' }, journal: [row('a', 'skipped', 'opted_out')] }, []],
  ['sent against its recipient', { expected: { expect: 'opted_out' }, accepted: [accepted('a')], journal: [row('a')] }, ['contradictory']],
  ['skipped in the journal, but accepted', { expected: { expect: 'opted_out' }, accepted: [accepted('a')], journal: [row('a', 'skipped', 'opted_out')] }, ['contradictory']],
  ['sent in the journal, but never accepted', { journal: [row('a')] }, ['contradictory']],
  ['sent, but among the dead letters', { accepted: [accepted('a')], journal: [row('a')], dead: [{ key: 'a', reason: 'poison' }] }, ['contradictory']],
  ['dead for a refusal, but accepted', { accepted: [accepted('a')], journal: [row('a', 'dead', 'permanent')], dead: [{ key: 'a', reason: 'permanent' }] }, ['contradictory']],
  ['dead although nothing was wrong with it', { journal: [row('a', 'dead', 'permanent')], dead: [{ key: 'a', reason: 'permanent' }] }, ['wronglySkipped']],
  ['poison after three kills', { journal: [row('a', 'dead', 'poison')], dead: [{ key: 'a', reason: 'poison' }], steps: [kill, { ...kill, faults: 2 }] }, []],
  ['poison after one kill', { journal: [row('a', 'dead', 'poison')], dead: [{ key: 'a', reason: 'poison' }], steps: [kill] }, ['wronglySkipped']],
  ['given up by the broker', { dead: [{ key: 'a', reason: 'delivery_limit' }] }, ['wronglySkipped']],
  ['malformed and buried', { expected: { expect: 'malformed' }, dead: [{ key: 'a', reason: 'malformed' }] }, []],
  ['malformed and gone', { expected: { expect: 'malformed' } }, ['lost']],
  ['refused and buried', { expected: { expect: 'refused' }, journal: [row('a', 'dead', 'permanent')], dead: [{ key: 'a', reason: 'permanent' }] }, []],
  ['refused and buried twice', { expected: { expect: 'refused' }, journal: [row('a', 'dead', 'permanent')], dead: [{ key: 'a', reason: 'permanent' }, { key: 'a', reason: 'permanent' }] }, []],
  ['refused without a dead letter', { expected: { expect: 'refused' }, journal: [row('a', 'dead', 'permanent')] }, ['lost']],
  ['refused, but tried to the end', { expected: { expect: 'refused' }, journal: [row('a', 'dead', 'retries_exhausted')], dead: [{ key: 'a', reason: 'retries_exhausted' }] }, ['wronglySkipped']],
  ['refused, and so skipped', { expected: { expect: 'refused' }, journal: [row('a', 'skipped', 'no_address')] }, ['wronglySkipped']],
  ['refused, but sent', { expected: { expect: 'refused' }, accepted: [accepted('a')], journal: [row('a')] }, ['contradictory']],
  ['refused in the journal, but accepted', { expected: { expect: 'refused' }, accepted: [accepted('a')], journal: [row('a', 'dead', 'permanent')], dead: [{ key: 'a', reason: 'permanent' }] }, ['contradictory']],
  ['to a device that is gone', { expected: { expect: 'gone' }, journal: [row('a', 'dead', 'recipient_gone')], dead: [{ key: 'a', reason: 'recipient_gone' }] }, []],
  ['skipped for a device of which nobody said that it is gone', { expected: { expect: 'gone' }, journal: [row('a', 'skipped', 'no_address')] }, ['wronglySkipped']],
  ['expired and skipped', { expected: { expect: 'expired' }, journal: [row('a', 'skipped', 'expired')] }, []],
  ['expired and sent', { expected: { expect: 'expired' }, accepted: [accepted('a')], journal: [row('a')] }, ['contradictory']],
  ['skipped as expired, but was not', { journal: [row('a', 'skipped', 'expired')] }, ['wronglySkipped']],
  ['sent when it was due', { expected: { due: 3_000 }, accepted: [accepted('a', 3_000)], journal: [row('a')] }, []],
  ['sent before it was due', { expected: { due: 3_000 }, accepted: [accepted('a', 2_999)], journal: [row('a')] }, ['contradictory']],
  ['sent early by a clock that was fast', { expected: { due: 3_000 }, accepted: [accepted('a', 150)], journal: [row('a')], steps: [fast] }, []],
  ['sent earlier than the clock was fast', { expected: { due: hour + 3_000 }, accepted: [accepted('a', 150)], journal: [row('a')], steps: [fast] }, ['contradictory']],
  ['sent early just after the clock was fast', { expected: { due: 9_000 }, accepted: [accepted('a', 2_200)], journal: [row('a', 'sent', '', { created: 2_190 })], steps: [fast] }, []],
  ['sent early long after the clock was fast', { expected: { due: 9_000 }, accepted: [accepted('a', 2_210)], journal: [row('a', 'sent', '', { created: 2_201 })], steps: [fast] }, ['contradictory']],
  ['sent early before the clock was fast', { expected: { due: 3_000 }, accepted: [accepted('a', 90)], journal: [row('a', 'sent', '', { created: 80 })], steps: [fast] }, ['contradictory']],
  ['sent early by a clock that was slow', { expected: { due: 3_000 }, accepted: [accepted('a', 150)], journal: [row('a')], steps: [slow] }, ['contradictory']],
  ['sent an hour late', { expected: { due: 3_000 }, accepted: [accepted('a', hour)], journal: [row('a')] }, ['contradictory']],
  ['sent an hour late for a clock that was slow', { expected: { due: 3_000 }, accepted: [accepted('a', hour)], journal: [row('a')], steps: [slow] }, []],
  ['put off by a clock that was slow', { expected: { due: 3_000 }, journal: [row('a', 'deferred', '', { next: hour + 3_000 })], delayed: 1, steps: [slow] }, []],
  ['put off, but in no queue', { expected: { due: 3_000 }, journal: [row('a', 'deferred', '', { next: hour + 3_000 })], delayed: 0, steps: [slow] }, ['lost']],
  ['put off by a clock that was right', { expected: { due: 3_000 }, journal: [row('a', 'deferred', '', { next: hour + 3_000 })], delayed: 1 }, ['lost']],
  ['put off until now', { expected: { due: 3_000 }, journal: [row('a', 'deferred', '', { next: 3_000 })], delayed: 1, steps: [slow] }, ['lost']],
];
for (const [what, end, kinds] of cases) test(what, () => assert.deepEqual(found(one(end)), kinds));

test('what nobody published is a contradiction, wherever it shows', () => {
  assert.deepEqual(found({ accepted: [accepted('b')] }), ['contradictory']);
  assert.deepEqual(found({ journal: [row('b')] }), ['contradictory']);
  assert.deepEqual(found({ dead: [{ key: 'b', reason: 'poison' }] }), ['contradictory']);
});

test('more sent than a cap allows', () => {
  const keys = ['a', 'b', 'c'];
  const records = { expected: keys.map((key) => expected(key, { expect: 'capped' })), accepted: keys.map((key) => accepted(key)), journal: keys.map((key) => row(key)) };
  assert.deepEqual(found({ ...records, caps: [{ keys, limit: 3 }] }), []);
  assert.deepEqual(found({ ...records, caps: [{ keys, limit: 2 }] }), ['contradictory']);
});

test('a device that is gone is skipped from the first death on, not before', () => {
  const keys = ['1 u', '2 u', '3 v'], letter = { key: '1 u', reason: 'recipient_gone' };
  const records = (...others) => ({ expected: keys.map((key) => expected(key, { expect: 'gone' })), journal: [row('1 u', 'dead', 'recipient_gone', { updated: 120 }), ...others], dead: [letter] });
  const skipped = (key, updated) => row(key, 'skipped', 'no_address', { updated });
  assert.deepEqual(found({ ...records(skipped('2 u', 120)), expected: keys.slice(0, 2).map((key) => expected(key, { expect: 'gone' })) }), []);
  assert.deepEqual(found({ ...records(skipped('2 u', 119)), expected: keys.slice(0, 2).map((key) => expected(key, { expect: 'gone' })) }), ['wronglySkipped']);
  assert.deepEqual(found(records(skipped('2 u', 120), skipped('3 v', 120))), ['wronglySkipped'], 'another one\'s death is no reason');
});

// Each is claimed when its number says, and accepted 5 ms later.
const underCap = (claims, more = {}) => {
  const keys = Object.keys(claims);
  return {
    expected: keys.map((key) => expected(key)), accepted: keys.map((key) => accepted(key, claims[key].at(-1) + 5)), journal: keys.map((key) => row(key)),
    claims: new Map(keys.map((key) => [key, claims[key].map((at) => ({ at, again: false }))])), caps: [{ keys, limit: 2, windowMs: 1_000 }], ...more,
  };
};

test('more sent than a cap allows in any of its windows', () => {
  assert.deepEqual(found(underCap({ a: [100], b: [600], c: [1_100], d: [1_600] })), []);
  assert.deepEqual(found(underCap({ a: [100], b: [600], c: [1_099] })), ['contradictory']);
  assert.deepEqual(found(underCap({ a: [100, 1_200], b: [600], c: [1_100] })), ['contradictory'], 'the slot of the attempt that was accepted counts');
  const twice = underCap({ a: [100, 1_200], b: [600], c: [1_100] });
  assert.deepEqual(found({ ...twice, accepted: [accepted('a', 105, 'lose'), ...twice.accepted] }), ['contradictory'], 'of two that were, the last');
  assert.deepEqual(found(underCap({ a: [100], b: [600], c: [700, 1_100] })), []);
});

test('what a dead worker may have sent is not held back by a cap, but fills it', () => {
  const claims = (again) => new Map([['a', 100], ['b', 600], ['c', 900], ['d', 1_550]].map(([key, at]) => [key, [{ at, again: key === 'c' && again }]]));
  const times = { a: [100], b: [600], c: [900], d: [1_550] };
  assert.deepEqual(found(underCap(times, { claims: claims(true) })), ['contradictory'], 'b, c and d');
  assert.deepEqual(found(underCap({ a: [100], b: [600], c: [900] }, { claims: claims(true) })), []);
  assert.deepEqual(found(underCap({ a: [100], b: [600], c: [900] }, { claims: claims(false) })), ['contradictory']);
});

test('sent under a cap without a claim', () => {
  assert.deepEqual(found(underCap({ a: [100] }, { claims: new Map() })), ['contradictory']);
});

test('repeats and losses are told by the step in which they happened', () => {
  const steps = [kill, { from: 300, to: 400, inFlight: 5 }];
  const verdict = judge({
    ...nothing, steps,
    expected: [expected('a'), expected('b', { at: 350 })],
    accepted: [accepted('a', 290), accepted('a', 310)],
    journal: [row('a')],
  });
  assert.deepEqual(verdict.perStep.map(({ duplicated, lost }) => [duplicated, lost]), [[0, 0], [1, 1]]);
  assert.match(verdict.examples.lost[0].why, /no row/);
});

// `n` deliveries of a type that skips, all uncertain; every second one was accepted.
function uncertain(n, steps, row_ = {}) {
  const keys = Array.from({ length: n }, (_, i) => `a${i}`);
  return judge({
    ...nothing, steps,
    expected: keys.map((key) => expected(key, { resend: false })),
    accepted: keys.filter((_, i) => i % 2 === 0).map((key) => accepted(key)),
    journal: keys.map((key) => row(key, 'skipped', 'uncertain', row_)),
  });
}

test('what is uncertain is counted, apart from what was accepted all the same', () => {
  const verdict = uncertain(3, [{ ...kill, inFlight: 3 }]);
  assert.ok(verdict.ok);
  assert.deepEqual([verdict.uncertain, verdict.uncertainAccepted, verdict.perStep[0].uncertain], [3, 2, 3]);
});

test('no more can be uncertain than was in flight, than a rule of the provider met, than the fault can put in doubt', () => {
  const over = (n, more) => uncertain(n, [{ ...kill, inFlight: 4, ...more }]).overDoubt;
  assert.deepEqual(over(4, {}), []);
  assert.deepEqual(over(5, {}), [{ step: 0, uncertain: 5, bound: 4 }]);
  assert.deepEqual(over(5, { uncertain: 5 }), []);
  assert.deepEqual(over(1, { uncertain: 0 }), [{ step: 0, uncertain: 1, bound: 0 }]);
});

test('a step that leaves no doubt excuses none, one before it that is not over its bound does', () => {
  const certain = { from: 300, to: 400, inFlight: 9, uncertain: 0 };
  const long = { created: 150, updated: 350 };
  assert.equal(uncertain(1, [kill, certain], { created: 250, updated: 350 }).overDoubt[0].step, 1);
  assert.deepEqual(uncertain(1, [kill, certain], long).perStep.map((step) => step.uncertain), [1, 0]);
  assert.equal(uncertain(2, [kill, certain], long).ok, false);
});
