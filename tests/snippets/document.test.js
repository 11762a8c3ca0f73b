'use strict';
// The document shows exactly the snippets that run.sh runs.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const docs = path.join(__dirname, '../../docs');
const text = fs.readFileSync(path.join(docs, 'first-message.md'), 'utf8');
const quoted = [...text.matchAll(/^<!-- snippets\/(\S+) -->\n```\w+\n(.*?)^```$/gms)].map(([, name, code]) => ({ name, code }));

test('each code block equals its file', () => {
  for (const { name, code } of quoted) assert.equal(code, fs.readFileSync(path.join(docs, 'snippets', name), 'utf8'), name);
});

test('each snippet is quoted once', () => {
  assert.deepEqual(quoted.map(({ name }) => name).sort(), fs.readdirSync(path.join(docs, 'snippets')).sort());
});
