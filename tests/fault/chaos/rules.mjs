// Rules of the sandbox: made, looked after and taken back.
export async function control({ info }, method, where, body) {
  const answer = await fetch(info.control + where, { method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const said = await answer.json();
  if (!answer.ok && answer.status !== 408) throw new Error(`${method} ${where}: ${said.error}`);
  return said;
}

// {heal, proof, hits}; `hits`, when it is over: how many requests met one of the rules.
export async function playRules(sandbox, rules) {
  const ids = [];
  const used = async () => {
    const { faults } = await control(sandbox, 'GET', '/faults');
    return ids.map((id) => faults.find(({ fault }) => fault === id).used);
  };
  const played = {
    proof: async () => (await used()).every((n) => n > 0),
    heal: async () => {
      played.hits = (await used()).reduce((sum, n) => sum + n, 0);
      for (const id of ids) await control(sandbox, 'DELETE', `/faults/${id}`);
    },
  };
  for (const rule of rules) ids.push((await control(sandbox, 'POST', '/faults', { times: 'always', ...rule })).fault);
  return played;
}

// A provider refuses something with this status from now on.
export function refuses(sandbox, provider, status) {
  const since = Date.now() * 1000;
  return async () => (await control(sandbox, 'GET', `/requests/wait?provider=${provider}&status=${status}&since=${since}&timeout=1000`)).count > 0;
}
