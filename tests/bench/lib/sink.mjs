// The provider of the benchmark: nginx answering FCM's requests (tests/bench/sink.sh).
import fs from 'node:fs';
import path from 'node:path';
import { output, project } from '../../fault/lib/run.mjs';

const script = path.join(project, 'tests/bench/sink.sh');
const port = 8495;

// When a request came, in ms since 1970: it is logged when it is answered.
const arrivalOf = ([at, , , , , took]) => (Number(at) - Number(took)) * 1000;

export async function startSink(dir, { delayMs = 0, http2 = false } = {}) {
  const where = path.join(dir, 'sink');
  await output(script, ['stop', where]); // of a run that was broken off
  const info = JSON.parse((await output(script, ['start', where, String(port), String(delayMs), http2 ? 'http2' : 'http1'])).trim().split('\n').at(-1));
  const linesOf = (text) => text.split('\n').slice(0, -1).map((line) => line.split(' '));
  return {
    ...info,
    clear: () => fs.truncateSync(info.log),
    // notification id → arrival, of those that begin with the tag
    arrivals: (tag) => new Map(linesOf(fs.readFileSync(info.log, 'utf8')).filter(([, id]) => id?.startsWith(tag)).map((line) => [line[1], arrivalOf(line)])),
    firstArrival: () => {
      const head = Buffer.alloc(1 << 16), file = fs.openSync(info.log);
      const lines = linesOf(head.toString('utf8', 0, fs.readSync(file, head)));
      fs.closeSync(file);
      return lines.reduce((least, line) => Math.min(least, arrivalOf(line)), Infinity);
    },
    stop: () => output(script, ['stop', where]),
  };
}
