// The shipped roles and permissions in a database and for a user of a test's own.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { need, output, project } from '../../fault/lib/run.mjs';
import { amqpUrl, pgUrl, stack } from '../../fault/lib/stack.mjs';

const password = 'only-for-this-test';
const psql = (url, ...args) => output('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', url, ...args],
  { env: { ...process.env, TIDINGS_OWNER_PASSWORD: password, TIDINGS_WORKER_PASSWORD: password } });

function urlOf(role, database) {
  const url = new URL(pgUrl());
  url.username = role;
  url.password = password;
  url.pathname = `/${database}`;
  return url.href;
}

// A database with the roles of config/postgres/roles.sql: `run(role, sql)` and the addresses of both.
export async function makeDatabase(name) {
  const superuser = process.env.TIDINGS_PG_ADMIN_URL ?? urlOf('postgres', 'postgres');
  const [owner, worker] = [`${name}_owner`, `${name}_worker`];
  await psql(superuser, '-c', `create database ${name}`);
  const inside = new URL(superuser);
  inside.pathname = `/${name}`;
  await psql(inside.href, '-v', `owner=${owner}`, '-v', `worker=${worker}`, '-f', path.join(project, 'config/postgres/roles.sql'));
  return {
    owner: urlOf(owner, name), worker: urlOf(worker, name),
    query: (url, sql) => psql(url, '-c', sql),
    remove: () => psql(superuser, '-c', `drop database ${name} with (force)`, '-c', `drop role ${owner}`, '-c', `drop role ${worker}`),
  };
}

// A user with the tags that `shipped` has in config/rabbitmq/definitions.json and its permissions in the tests' vhost, and no others:
// its address, and `api(method, path, body?)`, which resolves to the status of the management API's answer.
export async function makeBrokerUser(name, shipped) {
  const { users, permissions } = JSON.parse(readFileSync(path.join(project, 'config/rabbitmq/definitions.json'), 'utf8'));
  const { tags } = users.find((user) => user.name === shipped);
  const url = new URL(amqpUrl());
  const vhost = decodeURIComponent(url.pathname.slice(1));
  url.username = name;
  url.password = password;
  await stack('rabbitmqctl', '-q', 'add_user', name, password);
  await stack('rabbitmqctl', '-q', 'set_user_tags', name, ...tags);
  for (const { configure, write, read } of permissions.filter(({ user }) => user === shipped)) {
    await stack('rabbitmqctl', '-q', 'set_permissions', '-p', vhost, name, configure, write, read);
  }
  const { origin, pathname } = new URL(need('TIDINGS_RABBITMQ_API'));
  const headers = { authorization: `Basic ${btoa(`${name}:${password}`)}`, 'content-type': 'application/json' };
  return {
    url: url.href,
    api: async (method, rest, body) => (await fetch(`${origin}${pathname}/${rest}`, { method, headers, body: body && JSON.stringify(body) })).status,
    remove: () => stack('rabbitmqctl', '-q', 'delete_user', name),
  };
}
