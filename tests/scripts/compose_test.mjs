// What the containers may do to the machine that they run on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { project } from '../fault/lib/run.mjs';
import { services } from './lib/compose_file.mjs';

const read = (name) => fs.readFileSync(path.join(project, name), 'utf8');
const all = Object.entries(services(read('compose.yaml')));
const names = (list) => list.map(([name]) => name).sort();
const ours = all.filter(([, { image }]) => image.startsWith('tidings-'));

test('the reader of compose.yaml knows what a service takes from another block', () => {
  const text = 'x-a: &a\n  one: 1\n  two: 2\nx-b: &b\n  <<: *a\n  two: 3 # a remark\nservices:\n  # nothing\n  s: # a remark\n    <<: *b\n    list:\n      - x\n      - y: z\n    three: [a, b]\n  t:\n    <<: *a\n';
  assert.deepEqual(services(text), { s: { one: '1', two: '3', list: '- x\n- y: z', three: '[a, b]' }, t: { one: '1', two: '2' } });
  assert.throws(() => services('services:\n  s:\n    <<: *none\n'), /found \*none/);
});

test('our images run as a user without rights', () => {
  const stages = read('Dockerfile').split(/^FROM /m).slice(1).map((stage) => [/^\S+ AS (\S+)/.exec(stage)[1], stage]);
  const users = Object.fromEntries(stages.map(([name, stage]) => [name, [...stage.matchAll(/^USER (.*)$/gm)].at(-1)?.[1]]));
  const targets = new Set([...read('compose.yaml').matchAll(/\btarget: ([\w-]+)/g)].map(([, target]) => target));
  assert.deepEqual([...targets].sort(), ['sandbox', 'worker']);
  for (const target of targets) assert.equal(users[target], '10001:10001', target);
  for (const [name, service] of ours) assert.equal(service.user, undefined, name);
});

test('our services have a read-only root file system and no capabilities', () => {
  assert.deepEqual(names(ours), ['demo', 'sandbox', 'setup', 'worker']);
  for (const [name, { read_only, cap_drop, cap_add, privileged, tmpfs }] of ours) {
    assert.deepEqual({ read_only, cap_drop, cap_add, privileged, tmpfs }, { read_only: 'true', cap_drop: '[ALL]', cap_add: undefined, privileged: undefined, tmpfs: '[/tmp]' }, name);
  }
});

test('nobody gains rights, whichever image it is', () => {
  for (const [name, { security_opt, privileged, cap_add, network_mode, pid }] of all) {
    assert.equal(security_opt, "['no-new-privileges:true']", name);
    assert.deepEqual([privileged, cap_add, pid], [undefined, undefined, undefined], name);
    assert.notEqual(network_mode, 'host', name);
  }
});

test('only the servers whose images are not ours may write to their root file system', () => {
  assert.deepEqual(names(all.filter(([, { read_only }]) => read_only !== 'true')), ['grafana', 'postgres', 'rabbitmq']);
});

test('ports are published on this machine only', () => {
  const ports = all.flatMap(([, { ports = '' }]) => ports.match(/[\d.:]+/g) ?? []);
  assert.ok(ports.length >= 6);
  for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
});
