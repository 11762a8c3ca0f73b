// A worker that is started and told to stop at random moments, from before it has read its configuration until it is at
// work: it ends as documented, nothing is lost or sent twice, and nothing of it is left.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from './chaos/random.mjs';
import { addUsers, closeWorld, makeWorld, message, publish, settled, startWorker, states } from './lib/fixture.mjs';
import { binaries, end, start, until } from './lib/run.mjs';
import { sql, stack } from './lib/stack.mjs';

const rounds = Number(process.env.TIDINGS_START_STOPS ?? 30);
const seed = Number(process.env.TIDINGS_START_STOP_SEED ?? 1);
const perRound = 20;
const endsWithinMs = 20_000;

// `started`: says so in its log; `handling`: it has set up what handles the signals, and said something since.
function launch(world) {
  const worker = start(path.join(binaries, 'workers/worker/tidings-worker'), ['--config', world.config, '--name', world.tag],
    { onLine: (line) => { worker.handling ||= line.startsWith('{"time"'); worker.atWork ||= line.includes('"started"'); } });
  return worker;
}

// Ended by its own hand with 0; or by the signal, as long as it had not begun anything.
function checkEnd(worker, asked, { code, signal }) {
  const how = `${asked} ended it with ${code ?? signal}:\n${worker.tail.join('\n')}`;
  if (worker.handling || signal === null) assert.equal(code, 0, how);
  else assert.equal(signal, asked, how);
  assert.doesNotMatch(worker.tail.join('\n'), /"level":"error"|Sanitizer/, how);
}

const sessions = async () => Number((await sql("select count(*) from pg_stat_activity where application_name like 'tidings %'"))[0][0]);
const connections = (world) => stack('rabbitmqctl', '-q', 'list_connections', 'client_properties').then((text) => text.split('\n').filter((line) => line.includes(world.tag)));

// Processes with this configuration, and children of ours that nobody has reaped.
function remains(world) {
  const read = (pid, file) => { try { return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8'); } catch { return ''; } };
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    const [state, parent] = read(pid, 'stat').replace(/^.*\) /s, '').split(' ');
    return read(pid, 'cmdline').includes(`${world.config}\0--name`) || (state === 'Z' && Number(parent) === process.pid);
  });
}

test(`started and stopped ${rounds} times under load (seed ${seed})`, { timeout: 600_000 }, async (t) => {
  const world = await makeWorld();
  t.after(() => closeWorld(world));
  const users = Array.from({ length: 20 }, (_, i) => `u${i}`);
  await addUsers(world, users);
  const begun = performance.now();
  await end(await startWorker(world));
  const startTakes = performance.now() - begun;  // on this machine, with this build

  const random = seeded(seed), seen = { early: 0, starting: 0, atWork: 0 };
  for (let round = 0; round < rounds; ++round) {
    await publish(world, Array.from({ length: perRound }, (_, i) => message(world, round * perRound + i, users[i])));
    const worker = launch(world), asked = random() < 0.5 ? 'SIGTERM' : 'SIGINT';
    await sleep(random() ** 2 * 2 * startTakes);
    worker.kill(asked);
    const ended = await Promise.race([worker.ended, sleep(endsWithinMs, null, { ref: false })]);
    assert.ok(ended, `${asked} did not end it:\n${worker.tail.join('\n')}`);
    checkEnd(worker, asked, ended);
    ++seen[worker.atWork ? 'atWork' : ended.signal ? 'early' : 'starting'];
    await until('its sessions to end', async () => await sessions() === 0, 10_000);
    assert.deepEqual(remains(world), []);
  }
  t.diagnostic(`a start takes ${Math.round(startTakes)} ms; stopped before it handled signals ${seen.early}, while starting ${seen.starting}, at work ${seen.atWork}`);
  await until('its connections to end', async () => (await connections(world)).length === 0, 30_000, 500);

  await startWorker(world);
  await settled(world, rounds * perRound);
  assert.deepEqual(await states(world), { sent: rounds * perRound });
  const accepted = await world.sandbox.accepted();
  assert.deepEqual([accepted.size, [...accepted].filter(([, times]) => times !== 1)], [rounds * perRound, []]);
});
