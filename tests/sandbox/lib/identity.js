'use strict';
// What the sandbox shows to its clients: a CA, a server certificate and a Google-like service account, kept in a directory.

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { fcm } = require('./credentials');

const WEEK_MS = 7 * 24 * 3600 * 1000;
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const CONFIG = `
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
`;

function openssl(args) {
  try {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], umask: 0o077 });
  } catch (error) {
    throw new Error(`openssl ${args[0]} failed: ${error.stderr?.toString().trim() || error.message}`);
  }
}

function serverNames(publicHost) {
  const names = ['DNS:localhost', 'IP:127.0.0.1', 'DNS:sandbox'];
  const extra = `${net.isIP(publicHost) ? 'IP' : 'DNS'}:${publicHost}`;
  return names.includes(extra) ? names : [...names, extra];
}

function makeAuthority(dir) {
  openssl(['req', '-x509', ...EC_KEY, '-config', path.join(dir, 'openssl.cnf'), '-extensions', 'ca', '-days', '3650',
    '-subj', '/CN=Tidings sandbox CA', '-keyout', path.join(dir, 'ca.key'), '-out', path.join(dir, 'ca.pem')]);
}

function makeServerCertificate(dir, names) {
  const file = (name) => path.join(dir, name);
  fs.writeFileSync(file('openssl.cnf'), `${CONFIG}subjectAltName = ${names.join(', ')}\n`);
  if (!fs.existsSync(file('ca.pem'))) makeAuthority(dir);
  openssl(['req', '-new', ...EC_KEY, '-config', file('openssl.cnf'), '-subj', '/CN=Tidings sandbox', '-keyout', file('server.key'),
    '-out', file('server.csr')]);
  openssl(['x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-set_serial',
    `0x${crypto.randomBytes(8).toString('hex')}`, '-days', '800', '-extfile', file('openssl.cnf'), '-extensions', 'server',
    '-out', file('server.pem')]);
}

function certificateServes(file, names) {
  if (!fs.existsSync(file)) return false;
  const certificate = new crypto.X509Certificate(fs.readFileSync(file));
  const have = certificate.subjectAltName.replaceAll('IP Address:', 'IP:').split(', ');
  return names.every((name) => have.includes(name)) && Date.parse(certificate.validTo) > Date.now() + WEEK_MS;
}

function loadTls(dir, publicHost) {
  const names = serverNames(publicHost);
  if (!certificateServes(path.join(dir, 'server.pem'), names)) makeServerCertificate(dir, names);
  const read = (name) => fs.readFileSync(path.join(dir, name));
  return { key: read('server.key'), cert: Buffer.concat([read('server.pem'), read('ca.pem')]), caFile: path.join(dir, 'ca.pem') };
}

function newServiceAccount() {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    project_id: fcm.projectId,
    private_key_id: crypto.randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: fcm.clientEmail,
    client_id: '100000000000000000025',
  };
}

// Writes the account once for each place that answers token requests: the file's token_uri is also the JWT's audience.
function loadServiceAccount(dir, tokenUrls) {
  const file = path.join(dir, 'service-account.json');
  const account = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : newServiceAccount();
  const write = (name, tokenUri) => {
    const target = path.join(dir, name);
    fs.writeFileSync(target, `${JSON.stringify({ ...account, token_uri: tokenUri }, null, 2)}\n`, { mode: 0o600 });
    return target;
  };
  return {
    keyId: account.private_key_id,
    publicKey: crypto.createPublicKey(account.private_key),
    clientEmail: account.client_email,
    serviceAccountFile: write('service-account.json', tokenUrls.http),
    serviceAccountTlsFile: write('service-account-tls.json', tokenUrls.tls),
  };
}

module.exports = { loadTls, loadServiceAccount };
