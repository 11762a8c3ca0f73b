// The forms in which a secret may turn up in a text. Pure.

// What base64 makes of a secret that begins at the byte `before` of a group of three: without what its neighbours have a part in.
function base64(secret, before) {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const text = bytes.toString('base64').replace(/=+$/, '');
  return text.slice(before && before + 1, bytes.length % 3 ? -1 : undefined);
}
const percent = (hex) => hex.replace(/../g, '%$&');
const forUrls = (text) => text.replaceAll('+', '-').replaceAll('/', '_');

export function disguises(secret) {
  const hex = Buffer.from(secret).toString('hex');
  const inBase64 = [0, 1, 2].map((before) => base64(secret, before));
  const forms = [secret, hex, percent(hex), ...inBase64, ...inBase64.map(forUrls)];
  return [...new Set(forms.flatMap((form) => [form, encodeURIComponent(form), JSON.stringify(form).slice(1, -1)]))];
}

const inCapitals = (secret) => { const hex = Buffer.from(secret).toString('hex').toUpperCase(); return [hex, percent(hex)]; };

// The form that the text has of the secret, if any.
export const foundIn = (text, secret) => [...disguises(secret), ...inCapitals(secret)].find((form) => text.includes(form));
