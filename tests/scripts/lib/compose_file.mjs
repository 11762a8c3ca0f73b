// Just enough YAML to read compose.yaml: blocks of keys, and `<<: *anchor` for what a block takes from another one.

// {key: its lines}: of those at that indentation, each with what stands deeper below it.
function blocks(lines, indent) {
  const found = {};
  let last;
  for (const line of lines.filter((each) => !/^\s*(#|$)/.test(each))) {
    const [, key, text] = new RegExp(`^ {${indent}}([\\w<-]+):(.*)$`).exec(line) ?? [];
    if (key) found[last = key] = [text];
    else if (last) found[last].push(line);
  }
  return found;
}
const textOf = (lines) => lines.map((line) => line.replace(/\s+#.*$/, '').trim()).filter(Boolean).join('\n');
const keys = (lines, indent) => Object.fromEntries(Object.entries(blocks(lines, indent)).map(([key, below]) => [key, textOf(below)]));

// A block's own keys before those it takes.
function resolve({ '<<': merge, ...own }, anchors) {
  if (merge === undefined) return own;
  if (!anchors[merge]) throw new Error(`compose.yaml: found ${merge}, expected the name of a block above`);
  return { ...resolve(anchors[merge], anchors), ...own };
}

// {service: {key: its text}}
export function services(text) {
  const top = Object.entries(blocks(text.split('\n'), 0));
  const anchored = top.filter(([, [first]]) => first.trim().startsWith('&'));
  const anchors = Object.fromEntries(anchored.map(([, [first, ...below]]) => [`*${first.trim().slice(1)}`, keys(below, 2)]));
  const inside = blocks(top.find(([name]) => name === 'services')[1], 2);
  return Object.fromEntries(Object.entries(inside).map(([name, below]) => [name, resolve(keys(below.slice(1), 4), anchors)]));
}
