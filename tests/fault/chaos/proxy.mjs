// A TCP proxy on loopback that carries bytes until it is told to misbehave.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const most = 1 << 20;  // bytes held back in one direction before the sender has to wait

export async function startProxy(target) {
  const proxy = new FaultProxy(target);
  await proxy.listen();
  return proxy;
}

class FaultProxy {
  constructor(target) {
    this.target = target;
    this.port = 0;
    this.taken = 0;  // connections
    this.acted = 0;  // connections that were ended, pieces that were held up
    this.pairs = new Set();
    this.heal();
  }

  // Unlike the others `heal` leaves what exists alone; a connection that lost its bytes has been ended by then.
  heal() {
    this.delayMs = 0;
    this.silent = false;
    this.bytesPerSecond = Infinity;
    for (const { forth, back } of this.pairs) { forth.pump(); back.pump(); }
  }

  async listen() {
    this.server = net.createServer({ allowHalfOpen: true }, (socket) => this.join(socket));
    this.server.listen(this.port, '127.0.0.1');
    await new Promise((resolve, reject) => this.server.once('listening', resolve).once('error', reject));
    this.port = this.server.address().port;
  }

  join(client) {
    ++this.taken;
    const server = net.connect({ ...this.target, allowHalfOpen: true });
    const pair = { client, server };
    pair.forth = new Lane(this, client, server);
    pair.back = new Lane(this, server, client);
    this.pairs.add(pair);
    const end = () => { this.pairs.delete(pair); client.destroy(); server.destroy(); };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => { client.resetAndDestroy(); server.resetAndDestroy(); this.pairs.delete(pair); });
      socket.on('close', () => { if (client.destroyed && server.destroyed) end(); });
    }
  }

  // New connections are refused; those there are live on.
  async refuse() {
    if (!this.server.listening) return;
    this.server.close();
  }
  async accept() { if (!this.server.listening) await this.listen(); }
  // Everything ends with a FIN to both sides, as when a process is closed in order.
  cut() { this.acted += this.pairs.size; for (const { client, server } of this.pairs) { client.end(); server.end(); client.destroySoon(); server.destroySoon(); } this.pairs.clear(); }
  reset() { this.acted += this.pairs.size; for (const { client, server } of this.pairs) { client.resetAndDestroy(); server.resetAndDestroy(); } this.pairs.clear(); }
  delay(ms) { this.delayMs = ms; }
  slow(bytesPerSecond) { this.bytesPerSecond = bytesPerSecond; }
  // Connections are taken and held, and nothing comes through, in either direction.
  hush() { this.silent = true; }

  async close() {
    this.reset();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}

// One direction of a connection.
class Lane {
  constructor(proxy, from, to) {
    Object.assign(this, { proxy, from, to, waiting: [], bytes: 0, pumping: false });
    from.on('data', (chunk) => this.take(chunk));
    from.on('end', () => this.take(null));
    to.on('drain', () => { if (this.bytes < most) this.from.resume(); });
  }

  take(chunk) {
    const { delayMs, silent, bytesPerSecond } = this.proxy;
    const calm = !delayMs && !silent && bytesPerSecond === Infinity;
    if (!calm) ++this.proxy.acted;
    if (chunk && this.waiting.length === 0 && calm) {
      if (!this.to.write(chunk)) this.from.pause();
      return;
    }
    this.waiting.push({ chunk, due: performance.now() + delayMs });
    this.bytes += chunk?.length ?? 0;
    if (this.bytes >= most) this.from.pause();
    this.pump();
  }

  async pump() {
    if (this.pumping) return;
    this.pumping = true;
    while (this.waiting.length && !this.proxy.silent && !this.to.destroyed) {
      const [{ chunk, due }] = this.waiting;
      const early = due - performance.now();
      if (early > 0 && this.proxy.delayMs) { await sleep(early); continue; }
      if (chunk === null) { this.waiting.shift(); this.to.end(); continue; }
      await this.hand(chunk);
    }
    this.pumping = false;
  }

  // At a limited rate in pieces, each 20 ms.
  async hand(chunk) {
    const piece = Math.max(1, Math.min(chunk.length, Math.floor(this.proxy.bytesPerSecond / 50)));
    if (piece === chunk.length) this.waiting.shift();
    else this.waiting[0].chunk = chunk.subarray(piece);
    this.bytes -= piece;
    this.to.write(chunk.subarray(0, piece));
    if (this.bytes < most && !this.to.writableNeedDrain) this.from.resume();
    if (this.proxy.bytesPerSecond !== Infinity) await sleep(20);
  }
}
