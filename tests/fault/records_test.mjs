// The judge of the chaos runs with real records: of a small run in which nothing goes wrong it has nothing to say; then one record
// after the other is falsified, and each time it finds just that.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { closeArena, endWorkers, makeArena } from './chaos/arena.mjs';
import { capsOf, makeLoad } from './chaos/load.mjs';
import { Producer } from './chaos/producer.mjs';
import { judgeWorld } from './chaos/records.mjs';
import { settled } from './lib/fixture.mjs';
import { binaries, output, until } from './lib/run.mjs';
import { amqpUrls, sql } from './lib/stack.mjs';

const messages = 300, seed = 7;  // has each kind of message
let arena, world, expected, told;

before(async () => {
  arena = await makeArena({ workers: 1, secure: true, tell: console.error });
  ({ world } = arena);
  const producer = new Producer(amqpUrls(), { rate: 100, next: makeLoad(world, seed), enough: (n) => n >= messages });
  try {
    producer.start();
    await until('all to be published', () => producer.done, 60_000, 20);
    await producer.stop();
  } finally {
    producer.abandon();
  }
  ({ expected } = producer);
  await settled(world, expected.filter(({ expect }) => expect !== 'malformed').length);
  await endWorkers(arena);
}, { timeout: 240_000 });
after(() => arena && closeArena(arena));

const kinds = ['lost', 'wronglySkipped', 'contradictory', 'unexplained', 'forbidden'];
const judged = (caps = capsOf(expected)) => judgeWorld(world, { expected, steps: [], caps });
// What it says that it had not said before: "kind: key: why".
async function news(caps) {
  const { examples, ok } = await judged(caps);
  const said = kinds.flatMap((kind) => examples[kind].map(({ key, why }) => `${kind}: ${key}: ${why}`));
  const fresh = said.filter((each) => !told?.includes(each));
  told = said;
  assert.equal(ok, said.length === 0);
  return fresh;
}
const taken = new Set();
const idOf = ({ key }) => key.slice(0, key.indexOf(' '));
const alone = (one) => expected.filter((each) => idOf(each) === idOf(one)).length === 1;
// The only delivery of its message, like that, which nobody has falsified yet.
function some(wanted) {
  const { key } = expected.find((each) => !taken.has(each.key) && alone(each) && wanted(each)) ?? assert.fail(`none of ${expected.length} is like ${wanted}`);
  taken.add(key);
  const [id, recipient] = key.split(' ');
  return { key, id, recipient, where: `notification_id = '${id}' and recipient = '${recipient}'` };
}
const plain = ({ expect, due, cap, resend }) => expect === 'sent' && due === undefined && !cap && resend;
// The providers' record, with `change` made to what it says of one message: it gives the lines that stand there instead.
function rewrite({ id }, change) {
  const lines = fs.readFileSync(world.record, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  const at = lines.findIndex((line) => line.id === id);
  lines.splice(at, 1, ...change(lines[at]));
  fs.writeFileSync(world.record, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}
const drop = ({ id }) => output(path.join(binaries, 'workers/tidings/tidings'), ['dlq', 'drop', '--config', world.config, '--id', id, '--yes']);

test('there is nothing to say of a run in which nothing went wrong', async () => {
  assert.deepEqual(await news(), []);
  const present = new Set(expected.flatMap(({ expect, due, cap }) => [expect, ...(due ? ['due'] : []), ...(cap ? [cap] : [])]));
  assert.deepEqual([...present].sort(), ['capped', 'due', 'expired', 'gone', 'hourly', 'malformed', 'opted_out', 'refused', 'sent', 'shortly']);
});

const falsified = [
  ['a row of the journal that is missing', plain, ({ where }) => sql(`delete from tidings.log where ${where}`), ['lost: KEY: no row in the journal']],
  ['a row without an end', plain, ({ where }) => sql(`update tidings.log set state = 'retrying' where ${where}`), ['lost: KEY: still retrying']],
  ['a row that is skipped for no reason', plain, ({ where, id }) => { rewrite({ id }, () => []); return sql(`update tidings.log set state = 'skipped', reason = 'capped' where ${where}`); },
    ['wronglySkipped: KEY: skipped as capped, expected sent']],
  ['what a provider has no record of', plain, (one) => rewrite(one, () => []), ['contradictory: KEY: sent, but no provider accepted it']],
  ['what a provider accepted a second time', ({ expect, resend, due }) => expect === 'sent' && !resend && !due, (one) => rewrite(one, (line) => [line, { ...line, at: line.at + 7_000 }]),
    ['unexplained: KEY: sent again 7 ms later although no fault was there', 'forbidden: KEY: sent again although its type skips what is uncertain']],
  ['what a provider accepted without being asked', plain, (one) => rewrite(one, (line) => [line, { ...line, id: `${line.id}-none` }]),
    [/^contradictory: (\S+)-none \S+: a provider accepted it, but it was never published$/]],
  ['a letter of what was refused', ({ expect }) => expect === 'refused', drop, ['lost: KEY: dead (permanent) without a dead letter']],
  ['a letter of what was broken', ({ expect }) => expect === 'malformed', drop, ['lost: KEY: malformed, but it is not among the dead letters']],
  ['a message before its time', ({ due }) => due, (one) => rewrite(one, (line) => [{ ...line, at: line.at - 30_000_000 }]), [/^contradictory: KEY: sent \d+ ms before its time$/]],
];
for (const [what, wanted, falsify, expectation] of falsified) {
  test(`it finds ${what}`, async () => {
    const one = some(wanted);
    await falsify(one);
    const said = (await news()).map((each) => each.replace(one.key, 'KEY'));
    assert.equal(said.length, expectation.length, said.join('\n'));
    expectation.forEach((each, i) => (each instanceof RegExp ? assert.match(said[i], each) : assert.equal(said[i], each)));
  });
}

test('it finds that more were sent than a cap with a window allows', async () => {
  assert.ok((await news(capsOf(expected).map((cap) => (cap.windowMs ? { ...cap, limit: 1 } : cap)))).every((each) => / where the cap allows 1 in 5000$/.test(each)));
  assert.ok(told.some((each) => each.includes('where the cap allows 1 in')));
});
