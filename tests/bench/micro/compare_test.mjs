import assert from 'node:assert/strict';
import test from 'node:test';
import { compare, table, updated } from './lib/compare.mjs';

const madeWith = { compiler: 'clang 16.0.6', valgrind: '3.19' };
const baselineOf = (benchmarks) => ({ madeWith, benchmarks });
const faultsOf = (benchmarks, counts, tools = madeWith) =>
  compare(baselineOf(benchmarks), { madeWith: tools, counts }).faults.map((row) => `${row.name} ${row.fault}`);

test('a rise of 11 % without a note fails, of 10 % passes, a fall passes', () => {
  assert.deepEqual(faultsOf({ decode: { instructions: 1000 } }, { decode: 1110 }), ['decode rose without a note']);
  assert.deepEqual(faultsOf({ decode: { instructions: 1000 } }, { decode: 1100 }), []);
  assert.deepEqual(faultsOf({ decode: { instructions: 1000 } }, { decode: 10 }), []);
});

test('a rise of 11 % with a note passes, an empty note is none', () => {
  const risen = { instructions: 1000, accepted: 1110 };
  assert.deepEqual(faultsOf({ decode: { ...risen, note: 'checks UTF-8' } }, { decode: 1110 }), []);
  assert.equal(faultsOf({ decode: risen }, { decode: 1110 }).length, 1);
  assert.equal(faultsOf({ decode: { ...risen, note: ' ' } }, { decode: 1110 }).length, 1);
});

test('a note allows the rise that it was given for, not every later one', () => {
  const entry = { instructions: 1000, accepted: 1110, note: 'checks UTF-8' };
  assert.deepEqual(faultsOf({ decode: entry }, { decode: 1300 }), ['decode rose beyond its note']);
});

test('a benchmark that is gone fails, and so does one without baseline', () => {
  assert.deepEqual(faultsOf({ decode: { instructions: 1000 } }, {}), ['decode was not counted']);
  assert.deepEqual(faultsOf({}, { decode: 1000 }), ['decode has no baseline']);
});

test('with other tools nothing is compared, but what is missing still fails', () => {
  const other = { ...madeWith, compiler: 'clang 19' };
  const result = compare(baselineOf({ decode: { instructions: 1000 } }), { madeWith: other, counts: { decode: 5000 } });
  assert.deepEqual([result.comparable, result.faults], [false, []]);
  assert.deepEqual(faultsOf({ decode: { instructions: 1000 } }, {}, other), ['decode was not counted']);
});

test('an update takes falls and small rises, forgets what is gone, and refuses a rise without a reason', () => {
  const before = baselineOf({ a: { instructions: 1000 }, b: { instructions: 1000 }, c: { instructions: 1000 }, gone: { instructions: 1 } });
  const { baseline, refused } = updated(before, { madeWith, counts: { c: 1110, b: 1050, a: 500, fresh: 7 } });
  assert.deepEqual(refused, ['c']);
  assert.deepEqual(baseline.benchmarks, { a: { instructions: 500 }, b: { instructions: 1050 }, c: { instructions: 1000 }, fresh: { instructions: 7 } });
});

test('an update with a reason writes it down, and then the comparison passes', () => {
  const counted = { madeWith, counts: { decode: 1110 } };
  const { baseline, refused } = updated(baselineOf({ decode: { instructions: 1000 } }), counted, 'checks UTF-8');
  assert.deepEqual(refused, []);
  assert.deepEqual(baseline.benchmarks.decode, { instructions: 1000, accepted: 1110, note: 'checks UTF-8' });
  assert.deepEqual(compare(baseline, counted).faults, []);
  assert.deepEqual(updated(baseline, counted).baseline, baseline);
  assert.deepEqual(updated(baseline, { madeWith, counts: { decode: 1000 } }).baseline.benchmarks.decode, { instructions: 1000 });
});

test('an update with other tools begins anew', () => {
  const other = { ...madeWith, valgrind: '3.20' };
  const { baseline, refused } = updated(baselineOf({ decode: { instructions: 1000 } }), { madeWith: other, counts: { decode: 2000 } });
  assert.deepEqual([baseline, refused], [{ madeWith: other, benchmarks: { decode: { instructions: 2000 } } }, []]);
});

test('the table names each benchmark, its counts and its fault', () => {
  const { rows } = compare(baselineOf({ decode: { instructions: 1000 } }), { madeWith, counts: { decode: 1110, fresh: 7 } });
  assert.match(table(rows), /decode +1,000 +1,110 +1\.110 +rose without a note\nfresh +– +7 +– +has no baseline$/);
});
