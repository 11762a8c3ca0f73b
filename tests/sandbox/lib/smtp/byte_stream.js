'use strict';
// A socket's incoming bytes, to be awaited line by line. One reader at a time.

class ByteStream {
  constructor(socket) {
    this.socket_ = socket;
    this.bytes_ = Buffer.alloc(0);
    this.ended_ = false;
    this.wake_ = null;
    this.onData_ = (chunk) => {
      this.bytes_ = this.bytes_.length === 0 ? chunk : Buffer.concat([this.bytes_, chunk]);
      this.notify_();
    };
    this.onEnd_ = () => {
      this.ended_ = true;
      this.notify_();
    };
    socket.on('data', this.onData_).on('end', this.onEnd_).on('close', this.onEnd_).on('error', this.onEnd_);
  }

  notify_() {
    const wake = this.wake_;
    this.wake_ = null;
    wake?.();
  }

  more_() { return new Promise((resolve) => { this.wake_ = resolve; }); }

  // The bytes up to and including `end`, or null at the end of the stream or past `most` bytes.
  async readThrough(end, most) {
    for (let from = 0; ;) {
      const at = this.bytes_.indexOf(end, from);
      if (at >= 0) return this.take_(at + end.length);
      if (this.ended_ || this.bytes_.length > most) return null;
      from = Math.max(0, this.bytes_.length - end.length + 1);
      await this.more_();
    }
  }

  async waitFor(count) {
    while (this.bytes_.length < count && !this.ended_) await this.more_();
    return this.bytes_.subarray(0, count);
  }

  take_(count) {
    const taken = this.bytes_.subarray(0, count);
    this.bytes_ = this.bytes_.subarray(count);
    return taken;
  }

  get buffered() { return this.bytes_.length; }

  // Leaves the socket to a TLS layer.
  detach() {
    this.socket_.off('data', this.onData_).off('end', this.onEnd_).off('close', this.onEnd_);
    this.socket_.pause();
  }
}

module.exports = { ByteStream };
