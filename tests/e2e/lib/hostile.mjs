// Messages that nobody should send: some written by hand, thousands made from a good one by a seeded mutator.

// The same seed gives the same numbers: mulberry32.
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

// What has hurt somebody's parser, database, terminal, mail or page.
export const nasties = [
  '', ' ', '\u0000', 'a\u0000b', '\r\n', 'x\r\nBcc: eve@example.com\r\n\r\nbody', '\n.\r\n', '\u001b[31mred\u001b[0m', '\u001b]0;title\u0007',
  '\u009b31m', '\u2028', '\u202e', '\ufeff', '\ufffd', '\ud83d\ude00', '\u0301'.repeat(200), '"', '\\', '\\"', '"}', '{"event":"sent"}', "'; drop table tidings.log; --",
  "' or '1'='1", '$1', '{a,"b",NULL}', '%s%n%x', '${TIDINGS_PG_URL}', '{{{data}}}', '{{>_partials/x}}', '{{#a}}{{/b}}', '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>', '&lt;', 'javascript:alert(1)', 'https://example.com@evil.example/', '../../../etc/passwd', 'null', 'x'.repeat(20_000), '가'.repeat(7_000),
];
const values = [null, true, false, 0, -0, -1, 10, 1.5, 1e308, -1e308, 9007199254740993, [], {}, [[]], [null], { a: { b: {} } }];
const keys = ['type', 'recipient', 'title', 'message', 'data', 'template', 'channels', 'locale', 'priority', 'actionUrl', 'collapseKey', 'digestKey', 'expiresAt', 'createdAt', 'extra'];
const tokens = ['{', '}', '[', ']', '"', ',', ':', '\\u0000', '\\ud83d', '\\', '1e999', '-', 'NaN', '//', '\u0000', '\n', '{"a":'.repeat(40), '['.repeat(40)];

const deep = (levels) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

// One field is something else than what belongs there.
function otherValue(message, random) {
  const key = keys[random(keys.length)];
  const put = [() => nasties[random(nasties.length)], () => values[random(values.length)], () => deep(1 + random(60)), () => Array.from({ length: random(1200) }, (_, i) => `u${i}`)];
  const value = put[random(put.length)]();
  if (random(3)) return { ...message, [key]: value };
  return { ...message, data: { ...message.data, [nasties[random(nasties.length)]]: value } };
}

// The bytes behind the id are damaged; the id stays, to account for the message.
function damaged(bytes, from, random) {
  const at = from + random(bytes.length - from), end = Math.min(bytes.length, at + 1 + random(20));
  switch (random(5)) {
    case 0: return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at + 1)]);
    case 1: return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2: return Buffer.concat([bytes.subarray(0, at), Buffer.from(tokens[random(tokens.length)]), bytes.subarray(at)]);
    case 3: return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    default: return bytes.subarray(0, at);
  }
}

// A body that may be good or bad; when it can be read at all, its id is `id`.
export function mutant(id, good, random) {
  const { id: _, ...rest } = good;
  let message = { id, ...rest };
  for (let times = random(3); times > 0; --times) message = { id, ...otherValue(message, random), id };
  let bytes = Buffer.from(JSON.stringify(message));
  const from = Buffer.byteLength(`{"id":${JSON.stringify(id)},`);
  for (let times = Math.max(0, random(6) - 3); times > 0 && bytes.length > from; --times) bytes = damaged(bytes, from, random);
  return bytes;
}
