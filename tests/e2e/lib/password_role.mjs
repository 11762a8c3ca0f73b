// A database role that has to give its password: the server of scripts/stack trusts everybody, another one asks everybody.
import fs from 'node:fs';
import { output, until } from '../../fault/lib/run.mjs';
import { adminSql, pgUrl, stack } from '../../fault/lib/stack.mjs';

const rule = (role) => `host all ${role} 127.0.0.1/32 scram-sha-256\n`;

async function rewriteRules(change) {
  const file = (await stack('psql', '-U', 'postgres', '-XqAt', '-c', 'show hba_file')).trim();
  fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
  await adminSql('select pg_reload_conf()');
}

// Resolves when it is asked. remove() takes role and rule away again.
export async function makePasswordRole(role, password) {
  await adminSql(`create role ${role} login password '${password}'`);
  if (!process.env.TIDINGS_STACK) await rewriteRules((text) => rule(role) + text);
  const url = new URL(pgUrl());
  [url.username, url.password] = [role, ''];
  const refused = () => output('psql', ['-Xwqc', 'select 1', url.href]).then(() => false, () => true);
  await until('the password to be asked for', refused);
  return {
    url: (given) => { url.password = given; return url.href; },
    remove: async () => {
      if (!process.env.TIDINGS_STACK) await rewriteRules((text) => text.replace(rule(role), ''));
      await adminSql(`drop role ${role}`);
    },
  };
}
