// Queues as any app or admin sees them, through RabbitMQ's own HTTP API: bytes and headers, with nothing of ours in between.
import { need } from '../../fault/lib/run.mjs';
import { amqpUrl } from '../../fault/lib/stack.mjs';

async function call(path, body) {
  const api = new URL(need('TIDINGS_RABBITMQ_API'));
  const user = `${decodeURIComponent(api.username)}:${decodeURIComponent(api.password)}`;
  const vhost = new URL(amqpUrl()).pathname.slice(1) || '%2F';
  const answer = await fetch(`${api.origin}${api.pathname}/${path.replace('VHOST', vhost)}`, {
    method: 'POST', body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(user).toString('base64')}` },
  });
  const result = await answer.json();
  if (!answer.ok) throw new Error(`RabbitMQ's API: ${answer.status} ${JSON.stringify(result)}`);
  return result;
}

// Straight into a queue, whatever the bytes are.
export async function put(queue, bytes, properties = {}) {
  const { routed } = await call('exchanges/VHOST/amq.default/publish', {
    routing_key: queue, payload: Buffer.from(bytes).toString('base64'), payload_encoding: 'base64',
    properties: { delivery_mode: 2, content_type: 'application/json', ...properties },
  });
  if (!routed) throw new Error(`there is no queue ${queue}`);
}

const get = (queue, count) => call(`queues/VHOST/${encodeURIComponent(queue)}/get`, { count, ackmode: 'ack_requeue_true', encoding: 'base64' });

// How many wait in a queue at this instant; what RabbitMQ lists is some seconds old.
export async function waiting(queue) {
  const [first] = await get(queue, 1);
  return first ? first.message_count + 1 : 0;
}

// What lies in a queue; it stays there.
export async function letters(queue) {
  const found = await get(queue, 1000);
  return found.map(({ payload, properties }) => ({ bytes: Buffer.from(payload, 'base64'), headers: properties.headers ?? {}, properties }));
}
