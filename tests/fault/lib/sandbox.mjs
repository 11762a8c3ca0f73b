// The sandbox of providers, as a child process.
import path from 'node:path';
import { start, project } from './run.mjs';

export async function startSandbox(dir, args = []) {
  let ready;
  const announced = new Promise((resolve) => { ready = resolve; });
  const child = start('node', [path.join(project, 'tests/sandbox/main.js'), '--port', '0', '--dir', dir, ...args],
    { onLine: (line) => { if (line.startsWith('{"ready"')) ready(JSON.parse(line)); } });
  const died = child.ended.then(() => { throw new Error(`the sandbox ended: ${child.tail.join('\n')}`); });
  const info = await Promise.race([announced, died]);
  died.catch(() => {});
  const call = async (method, where, body) => {
    const answer = await fetch(info.control + where, { method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    return answer.json();
  };
  return {
    child, info,
    fault: (rule) => call('POST', '/faults', rule),
    noFault: (id) => call('DELETE', `/faults/${id}`),
    noFaults: () => call('DELETE', '/faults'),
    throttle: (provider, perSecond, retryAfter) => call('POST', '/throttle', { provider, perSecond, retryAfter }),
    audiences: (...urls) => call('POST', '/fcm/audiences', { urls }),
    expireTokens: () => call('POST', '/fcm/expire-tokens'),
    dead: (provider, ...addresses) => call('POST', '/dead', { provider, addresses }),
    clear: () => call('DELETE', '/requests'),
    // How often each notification was accepted.
    accepted: async (filter = '') => new Map(Object.entries((await call('GET', `/requests/count?accepted=true&by=id${filter}`)).by ?? {})),
    count: async (filter = '') => call('GET', `/requests/count?accepted=true${filter}`),
    requests: async (filter = '') => (await call('GET', `/requests?limit=10000${filter}`)).requests,
  };
}
