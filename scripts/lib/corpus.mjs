// Which inputs of a libFuzzer merge are worth keeping in the repository: `corpus.mjs CONTROL_FILE` prints their names.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const most = 40, mostBytes = 9_000;

// A merge's control file: the number of inputs, that of those to compare with, a line for each file, and then for each that was run
// "STARTED i size" and "FT i feature...", without the latter when it crashed.
export function readControl(text) {
  const lines = text.split('\n');
  const count = Number(lines[0]), known = Number(lines[1]);
  const inputs = lines.slice(2, 2 + count).map((file, i) => ({ file, known: i < known, bytes: 0, features: [] }));
  for (const line of lines.slice(2 + count)) {
    const [kind, i, ...rest] = line.trim().split(' ');
    if (kind === 'STARTED') inputs[i].bytes = Number(rest[0]);
    if (kind === 'FT') inputs[i].features = rest.map(Number);
  }
  return inputs;
}

// One after the other what adds the most features to those chosen before; of equals the smaller.
export function choose(inputs, limits = { most, mostBytes }) {
  const seen = new Set(inputs.filter(({ known }) => known).flatMap(({ features }) => features));
  const fresh = ({ features }) => features.reduce((n, feature) => n + !seen.has(feature), 0);
  const chosen = [];
  let left = inputs.filter(({ known }) => !known), room = limits.mostBytes;
  while (chosen.length < limits.most) {
    left = left.map((input) => ({ ...input, gain: fresh(input) })).filter(({ gain, bytes }) => gain > 0 && bytes <= room);
    if (left.length === 0) break;
    const best = left.reduce((a, b) => (b.gain > a.gain || (b.gain === a.gain && b.bytes < a.bytes) ? b : a));
    best.features.forEach((feature) => seen.add(feature));
    room -= best.bytes;
    chosen.push(best.file);
  }
  return chosen;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const file of choose(readControl(fs.readFileSync(process.argv[2], 'utf8')))) console.log(path.basename(file));
}
