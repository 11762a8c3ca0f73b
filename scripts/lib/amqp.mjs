// Just enough AMQP 0-9-1 to publish as an app would: one channel, publisher confirms, no TLS.
import net from 'node:net';

export const short = (text) => Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
const long = (text) => { const b = Buffer.alloc(4); b.writeUInt32BE(Buffer.byteLength(text)); return Buffer.concat([b, Buffer.from(text)]); };
export const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16BE(n); return b; };
export const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };

const mostInFrame = 131_064;
function frame(type, channel, payload) {
  return Buffer.concat([Buffer.from([type]), u16(channel), u32(payload.length), payload, Buffer.from([0xce])]);
}
const method = (channel, cls, id, ...args) => frame(1, channel, Buffer.concat([u16(cls), u16(id), ...args]));

// Opens a channel with publisher confirms. Resolves to {publish, call, close}; publish() writes messages
// ([{queue, body, id?, exchange?}]), which the broker numbers from 1 in that order; call() any other method. `onConfirm` gets [tag, all up to it?, stored?],
// `onReturn` the id of a message that no queue took (its confirm follows), `onEnd` why the connection ended.
export function openPublisher(url, { onConfirm, onReturn = () => {}, onEnd = () => {}, silenceMs = 15_000 }) {
  const at = new URL(url);
  const vhost = decodeURIComponent(at.pathname.slice(1)) || '/';
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(at.port || 5672), at.hostname, () => socket.write('AMQP\0\0\x09\x01'));
    let input = Buffer.alloc(0), closing = false;
    const fail = (why) => { socket.destroy(); reject(new Error(`AMQP: ${why}`)); onEnd(why); onEnd = () => {}; };
    socket.setNoDelay(true);
    if (silenceMs) socket.setTimeout(silenceMs, () => fail(`no answer within ${silenceMs} ms`));
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('connection closed'));
    const publisher = {
      publish: (messages) => socket.write(Buffer.concat(messages.flatMap(publishFrames))),
      call: (cls, id, ...args) => socket.write(method(1, cls, id, ...args)),
      close: () => { closing = true; socket.write(method(0, 10, 50, u16(200), short(''), u16(0), u16(0))); },
      destroy: () => socket.destroy(),
    };

    const answers = {
      '10.10': () => method(0, 10, 11, u32(0), short('PLAIN'), long(`\0${decodeURIComponent(at.username)}\0${decodeURIComponent(at.password)}`), short('en_US')),
      '10.30': () => Buffer.concat([method(0, 10, 31, u16(10), u32(mostInFrame + 8), u16(0)), method(0, 10, 40, short(vhost), short(''), Buffer.from([0]))]),
      '10.41': () => method(1, 20, 10, short('')),
      '20.11': () => method(1, 85, 10, Buffer.from([0])),
      '85.11': () => { resolve(publisher); return null; },
      '60.80': (args) => { onConfirm(Number(args.readBigUInt64BE(0)), Boolean(args[8]), true); return null; },
      '60.120': (args) => { onConfirm(Number(args.readBigUInt64BE(0)), (args[8] & 1) === 1, false); return null; },
      '60.50': () => null,  // returned: its header, which follows, has the id
      '10.51': () => { if (closing) { onEnd(null); onEnd = () => {}; } socket.end(); return null; },
    };
    socket.on('data', (chunk) => {
      input = input.length ? Buffer.concat([input, chunk]) : chunk;
      while (input.length >= 7 && input.length >= 8 + input.readUInt32BE(3)) {
        const size = input.readUInt32BE(3);
        const payload = input.subarray(7, 7 + size);
        const type = input[0];
        input = input.subarray(8 + size);
        if (type === 2) onReturn(messageIdOf(payload));
        if (type !== 1) continue;  // heartbeats and bodies
        const name = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
        if (!answers[name]) return fail(`unexpected method ${name}: ${payload.subarray(4).toString('latin1')}`);
        const answer = answers[name](payload.subarray(4));
        if (answer) socket.write(answer);
      }
    });
  });
}

// Publishes all bodies ([{queue, body}]) through the default exchange; resolves when the broker has confirmed each one.
export function publishAll(url, messages) {
  const open = new Set(messages.map((_, i) => i + 1)); // the tags that the broker has not confirmed
  return new Promise((resolve, reject) => {
    let publisher;
    openPublisher(url, {
      onConfirm: (tag, multiple, stored) => {
        if (!stored) return reject(new Error('AMQP: the broker refused a message'));
        for (const one of multiple ? [...open].filter((t) => t <= tag) : [tag]) open.delete(one);
        if (open.size === 0) publisher.close();
      },
      onReturn: () => reject(new Error('AMQP: no such queue')),
      onEnd: (why) => (why ? reject(new Error(`AMQP: ${why}`)) : resolve()),
    }).then((opened) => { publisher = opened; publisher.publish(messages); }, reject);
  });
}

const contentType = 0x8000, headerTable = 0x2000, deliveryMode = 0x1000, messageId = 0x0080;
const table = (headers) => long(Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [short(name), Buffer.from('S'), long(value)])));

// mandatory, persistent, application/json; `headers`: texts or any bytes by name
function publishFrames({ queue, body, id, headers, exchange = '' }) {
  const bytes = Buffer.from(body);
  const flags = contentType | deliveryMode | (headers ? headerTable : 0) | (id ? messageId : 0);
  return [
    method(1, 60, 40, u16(0), short(exchange), short(queue), Buffer.from([1])),
    frame(2, 1, Buffer.concat([u16(60), u16(0), u64(bytes.length), u16(flags), short('application/json'), ...(headers ? [table(headers)] : []), Buffer.from([2]), ...(id ? [short(id)] : [])])),
    ...Array.from({ length: Math.ceil(bytes.length / mostInFrame) }, (_, i) => frame(3, 1, bytes.subarray(i * mostInFrame, (i + 1) * mostInFrame))),
  ];
}

// Of a content header with the properties that publishFrames writes.
function messageIdOf(header) {
  if (!(header.readUInt16BE(12) & messageId)) return null;
  const headers = 14 + 1 + header[14];
  const at = headers + (header.readUInt16BE(12) & headerTable ? 4 + header.readUInt32BE(headers) : 0) + 1;
  return header.subarray(at + 1, at + 1 + header[at]).toString();
}
