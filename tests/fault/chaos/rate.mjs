// How fast messages arrive at the providers: follows the sandbox's record of accepted messages while it grows.
import fs from 'node:fs';

const bucketMs = 100;

export class Arrivals {
  constructor(file) {
    this.file = fs.openSync(file, 'r');
    Object.assign(this, { offset: 0, rest: '', accepted: [], buckets: new Map() });
  }

  // `accepted`: [{id, address, at (ms), fault}], in order; `fault`: how its answer was lost.
  read() {
    const chunk = Buffer.alloc(1 << 20);
    for (let n; (n = fs.readSync(this.file, chunk, 0, chunk.length, this.offset)) > 0; this.offset += n) {
      const lines = (this.rest + chunk.toString('latin1', 0, n)).split('\n');
      this.rest = lines.pop();
      for (const line of lines) this.note(JSON.parse(line));
    }
  }

  note({ id, provider, address, at, fault }) {
    if (provider === 'fcm-token') return; // no message
    const ms = at / 1000;
    // Late is answered all the same; only what was lost excuses that it comes again.
    this.accepted.push({ id, address, at: ms, fault: fault === 'delay' ? null : fault });
    const bucket = Math.floor(ms / bucketMs);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  between(from, to) {
    let n = 0;
    for (let b = Math.ceil(from / bucketMs); b < Math.ceil(to / bucketMs); ++b) n += this.buckets.get(b) ?? 0;
    return n;
  }
  perSecond(from, to) { return this.between(from, to) / ((to - from) / 1000); }

  // ms from `healed` to the first second in both halves of which the rate was at least nine tenths of `before` (so that a
  // rush of what had waited does not pass for the rate); null: not yet.
  recovery(healed, before, now = Date.now()) {
    const good = (from) => this.perSecond(from, from + 500) >= 0.9 * before;
    for (let at = healed; at + 1000 <= now; at += bucketMs) {
      if (good(at) && good(at + 500)) return at - healed;
    }
    return null;
  }

  close() { fs.closeSync(this.file); }
}
