// psql without a password on its command line, which every user of the machine may read. Pure.

// {args, env}: what to give psql for a libpq URI.
export function psqlTo(url) {
  let password;
  const take = (before, secret, after) => { password = decodeURIComponent(secret); return before + after; };
  const bare = url.replace(/^(\w+:\/\/[^:@/?]*):([^@/?]*)(@)/, (_, user, secret, at) => take(user, secret, at))
    .replace(/([?&])password=([^&]*)(&|$)/, (_, before, secret, after) => take(after ? before : '', secret, ''));
  return { args: ['-d', bare], env: password === undefined ? {} : { PGPASSWORD: password } };
}
