// The private RabbitMQ and PostgreSQL of scripts/stack; or others, which TIDINGS_STACK, a program with the same commands, controls.
import path from 'node:path';
import { output, project, need } from './run.mjs';

const script = process.env.TIDINGS_STACK ?? path.join(project, 'scripts/stack');
export const stack = (...args) => output(script, args);
// Starts the private servers and lets this process and its children know where they are.
export async function startStack(dir, ...options) {
  process.env.TIDINGS_STACK_DIR = dir;
  for (const line of (await stack('start', ...options)).split('\n')) {
    const [, name, value] = line.match(/^export (\w+)='?([^']*)'?$/) ?? [];
    if (name) process.env[name] = value;
  }
}
export const amqpUrls = () => need('TIDINGS_AMQP_URL').split(',');  // several for a cluster
export const amqpUrl = () => amqpUrls()[0];
export const pgUrl = () => need('TIDINGS_PG_URL');

// Rows as arrays of text. Survives a database that is away: the caller asks again.
export async function sql(text) {
  const out = await output('psql', ['-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', pgUrl(), '-c', text]);
  return out.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
}

// Statements that only a superuser may run, each a transaction of its own; also on a server that is read-only.
export async function adminSql(...statements) {
  const role = process.env.TIDINGS_STACK ? [] : ['-U', 'postgres'];
  await stack('psql', ...role, '-X', '-q', '-v', 'ON_ERROR_STOP=1', ...['set default_transaction_read_only = off', ...statements].flatMap((text) => ['-c', text]));
}

export async function queueDepths(prefix) {
  const out = await stack('rabbitmqctl', '-q', 'list_queues', '-p', vhost(), 'name', 'messages', '--no-table-headers');
  return new Map(out.split('\n').map((line) => line.split('\t')).filter(([name]) => name?.startsWith(prefix)).map(([name, n]) => [name, Number(n)]));
}

const vhost = () => decodeURIComponent(new URL(amqpUrl()).pathname.slice(1)) || '/';
