// What a user may do on the broker, found out by doing it over AMQP.
import { openPublisher, short, u16, u32 } from '../../../scripts/lib/amqp.mjs';

const bits = (n) => Buffer.from([n]);
const durable = 2, noAck = 1, noArguments = u32(0);

export const declareQueue = (name) => (on) => on.call(50, 10, u16(0), short(name), bits(durable), noArguments);
export const bindQueue = (name, exchange) => (on) => on.call(50, 20, u16(0), short(name), short(exchange), short('#'), bits(0), noArguments);
export const purgeQueue = (name) => (on) => on.call(50, 30, u16(0), short(name), bits(0));
export const deleteQueue = (name) => (on) => on.call(50, 40, u16(0), short(name), bits(0));
export const declareExchange = (name) => (on) => on.call(40, 10, u16(0), short(name), short('topic'), bits(durable), noArguments);
export const deleteExchange = (name) => (on) => on.call(40, 20, u16(0), short(name), bits(0));
export const getFrom = (name) => (on) => on.call(60, 70, u16(0), short(name), bits(noAck));
export const publishTo = (exchange, key) => (on) => on.publish([{ exchange, queue: key, body: '{}' }]);

// 'done', 'refused', or what else the broker said to it.
export async function attempt(url, what) {
  let answer;
  const answered = new Promise((resolve) => { answer = resolve; });
  const publisher = await openPublisher(url, { onConfirm: () => answer('confirmed'), onEnd: answer });
  what(publisher);
  const said = await answered;
  publisher.destroy();
  if (/^confirmed$|^unexpected method (50\.(11|21|31|41)|40\.(11|21)|60\.(71|72)):/.test(said)) return 'done';
  return /^unexpected method 20\.40: .*ACCESS_REFUSED/s.test(said) ? 'refused' : said;
}
