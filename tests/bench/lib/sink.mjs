// The provider of the benchmark: nginx answering FCM's requests at once (tests/bench/sink.sh).
import fs from 'node:fs';
import path from 'node:path';
import { output, project } from '../../fault/lib/run.mjs';

const script = path.join(project, 'tests/bench/sink.sh');
const port = 8495;

export async function startSink(dir) {
  const where = path.join(dir, 'sink');
  const info = JSON.parse((await output(script, ['start', where, String(port)])).trim().split('\n').at(-1));
  return {
    ...info,
    clear: () => fs.truncateSync(info.log),
    // notification id → arrival in ms since 1970, of those that begin with the tag
    arrivals: (tag) => new Map(fs.readFileSync(info.log, 'utf8').split('\n').map((line) => line.split(' '))
      .filter(([, id]) => id?.startsWith(tag)).map(([at, id]) => [id, Number(at) * 1000])),
    stop: () => output(script, ['stop', where]),
  };
}
