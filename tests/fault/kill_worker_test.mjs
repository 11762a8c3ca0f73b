// kill -9 of a worker in the middle of many messages, five times: every message ends in exactly one
// final state, none is lost, and only what was in flight at a kill may have been sent more than once.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { expectation, judgeWorld } from './chaos/records.mjs';
import { addUsers, closeWorld, makeWorld, message, prefetch, publish, settled, startWorker, states } from './lib/fixture.mjs';
import { end, until } from './lib/run.mjs';

const total = Number(process.env.TIDINGS_FAULT_MESSAGES ?? 20_000);
const kills = 5;

test(`a worker killed ${kills} times in ${total} messages loses nothing`, { timeout: 600_000 }, async (t) => {
  const world = await makeWorld({ secure: true });
  t.after(() => closeWorld(world));
  const users = Array.from({ length: 100 }, (_, i) => `u${i}`);
  await addUsers(world, users);
  const messages = Array.from({ length: total }, (_, i) => message(world, i, users[i % 100]));
  await publish(world, messages);

  const steps = [];
  let worker = await startWorker(world);
  for (let kill = 1; kill <= kills; ++kill) {
    const mark = Math.floor((total * kill) / (kills + 2));
    await until(`${mark} messages at the provider`, async () => (await world.sandbox.count()).ids >= mark, 240_000, 20);
    const from = Date.now();
    await end(worker, 'SIGKILL');
    worker = await startWorker(world);
    steps.push({ from, to: Date.now(), inFlight: prefetch });
  }
  await settled(world, total, 240_000);

  const verdict = await judgeWorld(world, { expected: messages.map(expectation), steps });
  t.diagnostic(`sent more than once ${verdict.duplicated} (at most ${kills * prefetch} were in flight at the kills)`);
  assert.ok(verdict.ok, JSON.stringify(verdict));
  // A message whose workers died three times is set aside as poison: a final state too, and an admin's
  // to replay. Only one is processed alone at a time, so each kill after the second adds one at most.
  const { sent, 'dead/poison': poison = 0, ...others } = await states(world);
  t.diagnostic(`final states: sent ${sent}, poison ${poison}`);
  assert.deepEqual(others, {});
  assert.equal(sent + poison, total);
  assert.ok(poison <= kills - 2, `${poison} poison`);
});
