// When the harness itself stood still: asks the stand-ins four times a second, from the process that the proxies run in, so
// that a late answer tells of either. What happens to messages meanwhile is no mistake of a worker.
import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 250, answerWithinMs = 60_000;
const leastMs = 1_000;  // shorter ones make no answer late: providers have three seconds

export class Pauses {
  // `url`: of the sandbox's control.
  constructor(url) { Object.assign(this, { url: `${url}/healthz`, found: [], over: new AbortController() }); }

  async watch() {
    const { signal } = this.over;
    for (let from = Date.now(); !signal.aborted; from = Date.now()) {
      await sleep(everyMs, undefined, { signal }).catch(() => {});
      await fetch(this.url, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]) }).then((answer) => answer.text()).catch(() => {});
      const to = Date.now();
      if (to - from - everyMs >= leastMs) this.found.push({ from, to });
    }
  }
  end() { this.over.abort(); }
}

// The played steps with the pauses among them, as steps that nobody planned; what went wrong in a pause may have been counted
// in a step that it touches. `inFlight`: of all workers.
export function withPauses(played, pauses, inFlight) {
  const touched = (step) => pauses.some(({ from, to }) => from <= step.to && to >= step.from);
  const steps = played.map((step) => (touched(step) ? { ...step, inFlight: Math.max(step.inFlight, inFlight) } : step));
  const unplanned = pauses.map(({ from, to }) => ({ name: 'harness stood still', faults: [], from, to, inFlight, messages: 0, notDone: [] }));
  return [...steps, ...unplanned].sort((a, b) => a.from - b.from);
}
