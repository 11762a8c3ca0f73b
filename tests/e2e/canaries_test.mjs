// The search for planted secrets finds one in whatever form it is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Canaries } from './lib/canaries.mjs';

const basic = (user, password) => Buffer.from(`${user}:${password}`).toString('base64');
const hex = (text) => Buffer.from(text).toString('hex');
const forms = {
  'as it is': (secret) => `password=${secret}`,
  'in a URL': (secret) => `amqp://u:${encodeURIComponent(secret)}@host/`,
  'in JSON': (secret) => JSON.stringify({ secret }),
  'in hexadecimal': (secret) => `x${hex(secret)}y`,
  'in hexadecimal capitals': (secret) => hex(secret).toUpperCase(),
  'with each byte percent-encoded': (secret) => hex(secret).replace(/../g, '%$&'),
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
  "as SMTP's AUTH PLAIN": (secret) => Buffer.from(`\0tidings\0${secret}`).toString('base64'),
  // Whatever stands before and after it, in each position within base64's groups of three bytes.
  ...Object.fromEntries(['', 'u', 'us', 'use', 'AC00000000000000000000000000000025'].flatMap((user) => ['', '1', '12'].map((after) =>
    [`in Basic of ${user}:…${after}`, (secret) => `authorization: Basic ${basic(user, secret + after)}`]))),
};

for (const [name, disguise] of Object.entries(forms)) {
  test(`a secret ${name} is found`, () => {
    const canaries = new Canaries();
    for (const secret of [canaries.plant('one made'), canaries.know('one with signs', 'p?>s/s+w"ö~d-of-mine')]) {
      assert.throws(() => canaries.absentFrom('the text', `something ${disguise(secret)} else`), /is in the text/);
    }
  });
}

test('another secret is not taken for it', () => {
  const [canaries, others] = [new Canaries(), new Canaries()];
  canaries.plant('one');
  for (const disguise of Object.values(forms)) canaries.absentFrom('the text', disguise(others.plant('another')));
});

test('an empty text proves nothing', () => {
  assert.throws(() => new Canaries().absentFrom('the text', ''), /there is something in the text/);
});
