// The judge of the chaos runs, judged with made-up records.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { judge } from './chaos/checker.mjs';

const expected = (key, more = {}) => ({ key, expect: 'sent', resend: true, at: 100, ...more });
const accepted = (key, at = 110, fault = null) => ({ key, at, fault });
const row = (key, state = 'sent', reason = '', more = {}) => ({ key, state, reason, created: 105, updated: 120, ...more });
const nothing = { expected: [], accepted: [], journal: [], dead: [], steps: [] };
const kill = { from: 100, to: 200, inFlight: 1 };

function found(records) {
  const { ok, ...verdict } = judge({ ...nothing, ...records });
  const kinds = ['lost', 'wronglySkipped', 'contradictory', 'unexplained', 'forbidden'].filter((kind) => verdict[kind] > 0);
  for (const over of ['overBound', 'overDoubt']) if (verdict[over].length) kinds.push(over);
  assert.equal(ok, kinds.length === 0);
  return kinds;
}
const one = (end) => ({ expected: [expected('a', end.expected)], accepted: end.accepted ?? [], journal: end.journal ?? [], dead: end.dead ?? [], steps: end.steps ?? [] });

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
