// When the harness itself stood still: asks the stand-ins four times a second, from the process that the proxies run in, so
// that a late answer tells of either. Each time on a connection of its own: Node (libuv since 1.45) accepts one a turn of its
// loop, so that after an outage, when all workers connect at once, a request may wait for seconds before anybody reads it,
// while those on other connections are answered. What happens to messages meanwhile is no mistake of a worker.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 250, answerWithinMs = 60_000;
const leastMs = 1_000;  // shorter ones make no answer late: providers have three seconds

export class Pauses {
  // `url`: where the providers are.
  constructor(url) { Object.assign(this, { url, found: [], over: new AbortController() }); }

  async watch() {
    const { signal } = this.over;
    for (let from = Date.now(); !signal.aborted; from = Date.now()) {
      await sleep(everyMs, undefined, { signal }).catch(() => {});
      await answered(this.url, AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]));
      const to = Date.now();
      if (to - from - everyMs >= leastMs) this.found.push({ from, to });
    }
  }
  end() { this.over.abort(); }
}

// What is no HTTP is refused by the stand-in's HTTP server itself, which costs it next to nothing and leaves no record.
const answered = (url, signal) => new Promise((resolve) => {
  const { hostname, port } = new URL(url);
  net.connect({ host: hostname, port, signal }, function ask() { this.write('?\r\n\r\n'); }).on('close', resolve).on('error', resolve).resume();
});

// The played steps with the pauses among them, as steps that nobody planned; what went wrong in a pause may have been counted
// in a step that it touches. `inFlight`: of all workers.
export function withPauses(played, pauses, inFlight) {
  const touched = (step) => pauses.some(({ from, to }) => from <= step.to && to >= step.from);
  const all = (step) => ({ ...step, inFlight: Math.max(step.inFlight, inFlight), uncertain: Math.max(step.uncertain, inFlight) });
  const steps = played.map((step) => (touched(step) ? all(step) : step));
  const unplanned = pauses.map(({ from, to }) => ({ name: 'harness stood still', faults: [], from, to, inFlight, uncertain: inFlight, messages: 0, notDone: [] }));
  return [...steps, ...unplanned].sort((a, b) => a.from - b.from);
}
