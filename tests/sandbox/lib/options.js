'use strict';
// The command line as an options object. A mistake throws an Error with `usage` set.

const path = require('node:path');
const { parseArgs } = require('node:util');

const FLAGS = ['port', 'tls-port', 'smtp-port', 'smtps-port', 'control-port', 'dir', 'host', 'public-host', 'record', 'keep',
  'token-lifetime'];
const PORTS = ['port', 'tls-port', 'smtp-port', 'smtps-port', 'control-port'];

function usageError(message) {
  return Object.assign(new Error(`${message}; see tests/sandbox/README.md`), { usage: true });
}

function number(values, name, fallback, max) {
  if (values[name] === undefined) return fallback;
  if (!/^\d{1,9}$/.test(values[name]) || Number(values[name]) > max) {
    throw usageError(`--${name}: found ${values[name]}, expected a number from 0 to ${max}`);
  }
  return Number(values[name]);
}

function readPorts(values) {
  const first = number(values, 'port', 8025, 65535);
  const ports = PORTS.map((name, i) => number(values, name, first === 0 ? 0 : first + i, 65535));
  const [http, tls, smtp, smtps, control] = ports;
  return { http, tls, smtp, smtps, control };
}

function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options: Object.fromEntries(FLAGS.map((name) => [name, { type: 'string' }])) }));
  } catch (error) {
    throw usageError(error.message);
  }
  return {
    ports: readPorts(values),
    dir: path.resolve(values.dir ?? 'build/sandbox'),
    host: values.host ?? '127.0.0.1',
    publicHost: values['public-host'] ?? '127.0.0.1',
    record: values.record,
    keep: number(values, 'keep', 20000, 1e6),
    tokenLifetime: number(values, 'token-lifetime', 3600, 1e6),
  };
}

module.exports = { readOptions };
