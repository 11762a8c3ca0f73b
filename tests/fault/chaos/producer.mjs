// Publishes at a bounded rate, as an app would that never gives up: what the broker has not confirmed is published again,
// through any number of reconnects. Keeps what was confirmed.
import { openPublisher } from '../../../scripts/lib/amqp.mjs';

const most = 2_000;        // unconfirmed
const patienceMs = 8_000;  // without a confirm while some are out: connect again
const tickMs = 10;
const reconnectMs = 200;
const warmUpMs = 10_000;   // until the full rate: at first the stand-ins are slow, and would answer too late without a fault

export class Producer {
  // `next` gives the nth message, {id, queue, body, times, deliveries}; `enough(n)` says that n is past the last.
  constructor(urls, { rate, next, enough }) {
    Object.assign(this, { urls, rate, next, enough, expected: [], held: new Set(), messages: 0, confirmed: 0, connections: 0, tries: 0 });
    this.again = [];      // to be published (again) before anything new
    this.out = new Map(); // tag → message
    this.returned = new Set();
    this.tried = -Infinity;
    this.perSecond = rate;
    this.due = 0;         // messages that the rate allows now
    this.done = false;
    this.finished = new Promise((resolve) => { this.finish = resolve; });
  }

  start() {
    this.begun = this.last = this.lastConfirm = performance.now();
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  // Nothing new; resolves when all that was published is confirmed.
  async stop() {
    this.done = true;
    await this.finished;
    clearInterval(this.timer);
    this.line?.destroy();
  }
  abandon() { clearInterval(this.timer); this.line?.destroy(); }

  // Before anything else that is new.
  add(messages) { this.again.push(...messages); }

  // Messages to this queue wait here until release().
  hold(queue) { this.held.add(queue); }
  release(queue) { this.held.delete(queue); }
  outTo(queue) { return [...this.out.values()].filter((message) => message.queue === queue).length; }

  async connect() {
    if (this.connecting || performance.now() - this.tried < reconnectMs) return;
    this.connecting = true;
    this.tried = performance.now();
    let tag = 0;
    const line = { number: () => ++tag };
    try {
      Object.assign(line, await openPublisher(this.urls[this.tries++ % this.urls.length], {
        silenceMs: 0,
        onConfirm: (upTo, multiple, stored) => this.onConfirm(line, upTo, multiple, stored),
        onReturn: (id) => this.returned.add(id),
        onEnd: () => this.onEnd(line),
      }));
      this.line = line;
      this.lastConfirm = performance.now();
      ++this.connections;
    } catch { /* the next tick tries again */ }
    this.connecting = false;
  }

  onEnd(line) {
    if (line !== this.line) return;
    this.line = undefined;
    this.again.unshift(...this.out.values());
    this.out.clear();
    this.returned.clear();
  }

  onConfirm(line, upTo, multiple, stored) {
    if (line !== this.line) return;
    this.lastConfirm = performance.now();
    if (!multiple) return this.settle(upTo, stored);
    for (const tag of this.out.keys()) { // in order
      if (tag > upTo) break;
      this.settle(tag, stored);
    }
  }

  settle(tag, stored) {
    const message = this.out.get(tag);
    if (!message) return;
    this.out.delete(tag);
    const unroutable = this.returned.delete(message.id);
    if (!stored || unroutable) return void this.again.push(message);
    if (--message.times > 0) return void this.again.push(message);
    ++this.confirmed;
    const at = Date.now();
    for (const delivery of message.deliveries) this.expected.push({ ...delivery, at });
  }

  tick() {
    const now = performance.now();
    const passed = now - this.last;
    this.last = now;
    if (!this.line) return void this.connect();
    if (this.out.size > 0 && now - this.lastConfirm > patienceMs) return this.line.destroy();
    if (this.out.size === 0) this.lastConfirm = now;
    // No rush after a pause: the rate is a limit, not a debt.
    const rate = this.rate * Math.min(1, 0.05 + (now - this.begun) / warmUpMs);
    this.due = Math.min(this.due + (passed * rate) / 1000, rate / 5);
    this.send();
    if (this.done && this.out.size === 0 && this.again.length === 0) this.finish();
  }

  send() {
    const batch = [], later = [];
    while (this.due >= 1 && this.out.size < most && (this.again.length > 0 || !this.done)) {
      const message = this.again.shift() ?? this.fresh();
      if (!message) break;
      if (this.held.has(message.queue)) { later.push(message); continue; }
      --this.due;
      this.out.set(this.line.number(), message);
      batch.push(message);
    }
    this.again.push(...later);
    if (batch.length) this.line.publish(batch);
  }

  fresh() {
    if (this.enough(this.messages)) { this.done = true; return undefined; }
    return this.next(this.messages++);
  }
}
