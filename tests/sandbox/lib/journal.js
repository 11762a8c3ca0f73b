'use strict';
// What arrived, in order. Every request keeps one small line; only the newest keep headers and body as well.

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');

const MOST_RECORDS = 1_000_000;
const LINE = ['at', 'provider', 'address', 'id', 'deliveryId', 'status', 'fault'];

function nowMicros() {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

// A predicate from the query's keys; see README. `idMatches` throws on a bad expression.
function makeFilter(query) {
  // Token requests are no messages: they are counted only when asked for.
  const tests = query.provider === undefined ? [(r) => r.provider !== 'fcm-token'] : [];
  for (const key of ['provider', 'id', 'deliveryId', 'address']) {
    if (query[key] !== undefined) tests.push((r) => r[key] === query[key]);
  }
  if (query.status !== undefined) tests.push((r) => r.status === Number(query.status));
  if (query.accepted !== undefined) tests.push((r) => r.accepted === (query.accepted === 'true'));
  if (query.since !== undefined) tests.push((r) => r.at >= Number(query.since));
  if (query.after !== undefined) tests.push((r) => r.n > Number(query.after));
  if (query.idMatches !== undefined) {
    const pattern = new RegExp(query.idMatches);
    tests.push((r) => pattern.test(r.id) || pattern.test(r.deliveryId));
  }
  return (record) => tests.every((test) => test(record));
}

class Journal {
  constructor({ keep, recordFile }) {
    this.keep_ = keep;
    this.records_ = [];
    this.last_ = 0;
    this.listeners_ = new Set();
    this.file_ = recordFile === undefined ? null : fs.openSync(recordFile, 'a', 0o644);
  }

  // Must be called before the answer leaves: then a line that was answered can't be missing from the file.
  // `detail` is {method, path, protocol, headers, body}.
  add(line, detail) {
    const record = { n: ++this.last_, why: null, fault: null, ...line, detail };
    if (this.file_ !== null && record.accepted) fs.writeSync(this.file_, `${JSON.stringify(record, LINE)}\n`);
    this.records_.push(record);
    this.forgetOld_();
    for (const listener of this.listeners_) listener(record);
    return record;
  }

  forgetOld_() {
    const old = this.records_[this.records_.length - 1 - this.keep_];
    if (old) old.detail = undefined;
    if (this.records_.length > MOST_RECORDS * 1.1) this.records_.splice(0, this.records_.length - MOST_RECORDS);
  }

  get last() { return this.last_; }

  list(filter, limit) {
    const found = [];
    for (let i = this.records_.length - 1; i >= 0 && found.length < limit; --i) {
      if (filter(this.records_[i])) found.push(this.records_[i]);
    }
    return found.reverse();
  }

  count(filter, by) {
    const totals = { count: 0, accepted: 0, refused: 0, ids: 0 };
    const ids = new Set();
    const groups = new Map();
    for (const record of this.records_) {
      if (!filter(record)) continue;
      ++totals.count;
      ++totals[record.accepted ? 'accepted' : 'refused'];
      ids.add(record.id);
      if (by !== undefined) groups.set(record[by], (groups.get(record[by]) ?? 0) + 1);
    }
    totals.ids = ids.size;
    return { totals, groups };
  }

  // Resolves true once `wanted` matching records are there, or false after the timeout.
  wait(filter, wanted, timeoutMs) {
    let missing = wanted - this.count(filter).totals.count;
    if (missing <= 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (answer) => {
        clearTimeout(timer);
        this.listeners_.delete(listener);
        resolve(answer);
      };
      const listener = (record) => {
        if (filter(record) && --missing <= 0) finish(true);
      };
      const timer = setTimeout(finish, timeoutMs, false);
      this.listeners_.add(listener);
    });
  }

  // Calls back for each new record until the returned function is called.
  listen(listener) {
    this.listeners_.add(listener);
    return () => this.listeners_.delete(listener);
  }

  clear() { this.records_ = []; }
}

module.exports = { Journal, makeFilter, nowMicros };
