// psql gets a password in its environment, never on its command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { psqlTo } from '../../scripts/lib/psql.mjs';

const cases = {
  'postgresql://u:s%40cret@h:5/db': ['postgresql://u@h:5/db', 's@cret'],
  'postgresql://u:s@h,[::1]:2/db?sslmode=require': ['postgresql://u@h,[::1]:2/db?sslmode=require', 's'],
  'postgresql://u@h/db?password=s&sslmode=require': ['postgresql://u@h/db?sslmode=require', 's'],
  'postgresql://h/db?user=u&password=s': ['postgresql://h/db?user=u', 's'],
  'postgresql://u:@h/db': ['postgresql://u@h/db', ''],
  'postgresql://u@h:5/db?options=a:b@c': ['postgresql://u@h:5/db?options=a:b@c', undefined],
  'postgresql:///db': ['postgresql:///db', undefined],
};
for (const [url, [bare, password]] of Object.entries(cases)) {
  test(`of ${url}`, () => assert.deepEqual(psqlTo(url), { args: ['-d', bare], env: password === undefined ? {} : { PGPASSWORD: password } }));
}
