// SIGHUP: a changed configuration holds from the next message on; one that does not hold together changes nothing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { addUsers, closeWorld, makeWorld, message, publish, settled, startWorker, states } from '../fault/lib/fixture.mjs';
import { until } from '../fault/lib/run.mjs';
import { become, edit, logged } from './lib/world.mjs';

const bulk = 600;

async function begin(t) {
  const world = await makeWorld({ types: { note: {}, bulk: {} }, caps: { few: { limit: 2 } } });
  t.after(() => closeWorld(world));
  world.title = path.join(world.dir, 'templates/note/push.title.mustache');
  fs.writeFileSync(world.title, 'First: {{title}}\n');
  await addUsers(world, ['capped', 'other', ...Array.from({ length: 100 }, (_, i) => `u${i}`)]);
  world.worker = await startWorker(world);
  return world;
}
const three = (world, from) => [0, 1, 2].map((i) => message(world, `capped-${from + i}`, 'capped'));
const titles = async (world, filter) => (await world.sandbox.requests(filter)).map((request) => request.body.message.notification.title.split(':')[0]);

test('a reload in the middle of load loses nothing and changes what follows', { timeout: 180_000 }, async (t) => {
  const world = await begin(t);
  await publish(world, three(world, 0));
  await become(world, { sent: 2, 'skipped/capped': 1 });

  await world.sandbox.fault({ match: { provider: 'fcm' }, times: 'always', delayMs: 60 });
  await publish(world, Array.from({ length: bulk }, (_, i) => message(world, `bulk-${i}`, `u${i % 100}`, { type: world.type('bulk') })));
  await until('a part at the provider', async () => (await world.sandbox.count()).ids >= bulk / 5, 60_000, 10);
  edit(world.config, 'limit: 2', 'limit: 4');
  fs.writeFileSync(world.title, 'Second: {{title}}\n');
  world.worker.kill('SIGHUP');
  await logged(world, 'w0', 'reloaded');
  await publish(world, three(world, 3));
  await settled(world, bulk + 6);

  assert.deepEqual(await states(world), { sent: bulk + 4, 'skipped/capped': 2 });
  assert.equal((await world.sandbox.count()).count, bulk + 4);
  assert.deepEqual([...new Set(await titles(world, '&idMatches=bulk'))].sort(), ['First', 'Second']);
  assert.deepEqual(await titles(world, '&idMatches=capped'), ['First', 'First', 'Second', 'Second']);
});

test('a faulty configuration or template is refused by name and the old one stays', { timeout: 180_000 }, async (t) => {
  const world = await begin(t);
  const refused = async (count, ...names) => {
    world.worker.kill('SIGHUP');
    const lines = await logged(world, 'w0', 'reload_failed', count);
    for (const name of names) assert.match(lines[count - 1].error, name);
  };
  const line = 1 + fs.readFileSync(world.config, 'utf8').split('\n').findIndex((text) => text.includes('limit: 2'));
  fs.writeFileSync(world.title, 'Never: {{title}}\n');
  edit(world.config, 'limit: 2', 'limit: many');
  await refused(1, new RegExp(`tidings\\.yaml:${line}: caps\\.few\\.limit: found .*many.*, expected `));
  edit(world.config, 'limit: many', 'limits: 2');
  await refused(2, new RegExp(`tidings\\.yaml:${line}: caps\\.few\\.limits: .*limit`));
  edit(world.config, 'limits: 2', 'limit: 9');
  fs.writeFileSync(world.title, '{{#open}}\n');
  await refused(3, /push\.title\.mustache:1/);
  // A type that is consumed can't go: its messages would be buried.
  const whole = fs.readFileSync(world.config, 'utf8');
  fs.writeFileSync(world.config, whole.replaceAll(world.type(), `${world.tag}-other`));
  await refused(4, new RegExp(`types: found no ${world.type()}, expected`));
  fs.writeFileSync(world.config, whole);

  await publish(world, three(world, 0));
  await become(world, { sent: 2, 'skipped/capped': 1 });
  assert.deepEqual(await titles(world, ''), ['First', 'First']);

  fs.writeFileSync(world.title, 'Mended: {{title}}\n');
  world.worker.kill('SIGHUP');
  await logged(world, 'w0', 'reloaded');
  await publish(world, three(world, 3));
  await become(world, { sent: 5, 'skipped/capped': 1 });
  assert.equal(world.worker.exitCode, null);
});

test('a reload that mends a provider is seen on its gauge', { timeout: 60_000 }, async (t) => {
  const world = await makeWorld({ types: { note: { channels: ['sms'] } } });
  t.after(() => closeWorld(world));
  await addUsers(world, ['u'], { push: false, sms: true });
  const { authToken } = world.sandbox.info.twilio;
  edit(world.config, authToken, 'refused');
  const worker = await startWorker(world);
  const circuit = async () => /tidings_circuit_open\{provider="twilio"\} (\d)/.exec(await (await fetch(`${worker.http}/metrics`)).text())?.[1];
  await publish(world, [message(world, 1, 'u')]);
  await until('its circuit to open', async () => await circuit() === '1');
  edit(world.config, 'refused', authToken);
  worker.kill('SIGHUP');
  await logged(world, 'w0', 'reloaded');
  assert.equal(await circuit(), '0');
  await become(world, { sent: 1 });
});
