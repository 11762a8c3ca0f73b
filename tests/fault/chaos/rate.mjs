// How fast messages arrive at the providers: follows the sandbox's record of accepted messages while it grows.
import fs from 'node:fs';

const bucketMs = 100;

export class Arrivals {
  constructor(file) {
    this.file = fs.openSync(file, 'r');
    Object.assign(this, { offset: 0, rest: '', accepted: [], buckets: new Map() });
  }

  // `accepted`: [{id, provider, address, at (ms), fault}], in order.
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
    this.accepted.push({ id, provider, address, at: ms, fault });
    const bucket = Math.floor(ms / bucketMs);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  between(from, to) {
    let n = 0;
    for (let b = Math.ceil(from / bucketMs); b < Math.ceil(to / bucketMs); ++b) n += this.buckets.get(b) ?? 0;
    return n;
  }
  perSecond(from, to) { return this.between(from, to) / ((to - from) / 1000); }

  // ms from `healed` to the first second in which the rate was at least nine tenths of `before`; null: not yet.
  recovery(healed, before, now = Date.now()) {
    for (let at = healed; at + 1000 <= now; at += bucketMs) {
      if (this.between(at, at + 1000) >= 0.9 * before) return at - healed;
    }
    return null;
  }

  close() { fs.closeSync(this.file); }
}
