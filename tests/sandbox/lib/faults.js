'use strict';
// Scripted trouble: rules in order, addresses that are gone, throttles. Pure bookkeeping; the listeners carry it out.

const { invalid, checkKeys, checkInteger, checkChoice } = require('./checks');

const PROVIDERS = ['fcm', 'fcm-token', 'twilio', 'smtp'];
const RULE_KEYS = ['match', 'times', 'skip', 'every', 'delayMs', 'answer', 'reset', 'half', 'lose', 'retire', 'connection', 'stage'];
const STAGES = ['connect', 'ehlo', 'auth', 'mail', 'rcpt', 'data', 'dot'];

function checkAnswer(answer) {
  checkKeys(answer, ['status', 'code', 'message', 'body', 'headers', 'retryAfter'], 'answer');
  if (answer.status !== undefined) checkInteger(answer.status, 200, 599, 'answer.status');
  if (answer.status === undefined && answer.code === undefined) throw invalid('answer: status or code is needed');
}

function checkRule(rule) {
  checkKeys(rule, RULE_KEYS, 'fault');
  const { match = {} } = rule;
  checkKeys(match, ['provider', 'address', 'id'], 'match');
  if (match.provider !== undefined) checkChoice(match.provider, PROVIDERS, 'match.provider');
  if (rule.times !== 'always') checkInteger(rule.times ?? 1, 1, 1e9, 'times');
  checkInteger(rule.skip ?? 0, 0, 1e9, 'skip');
  checkInteger(rule.every ?? 1, 1, 1e9, 'every');
  checkInteger(rule.delayMs ?? 0, 0, 3_600_000, 'delayMs');
  if (rule.answer !== undefined) checkAnswer(rule.answer);
  if (rule.reset !== undefined) checkChoice(rule.reset, ['before', 'after'], 'reset');
  if (rule.lose !== undefined) checkChoice(rule.lose, ['close', 'hang'], 'lose');
  if (rule.stage !== undefined) checkChoice(rule.stage, STAGES, 'stage');
  const effects = ['answer', 'reset', 'half', 'lose', 'retire'].filter((key) => rule[key]);
  if (effects.length > 1) throw invalid(`fault: ${effects.join(' and ')} exclude each other`);
  if (effects.length === 0 && !rule.delayMs) throw invalid('fault: one of answer, reset, half, lose, retire, delayMs is needed');
}

class Faults {
  constructor() { this.reset(); }

  reset() {
    this.nextId_ = 1;
    this.rules_ = [];
    this.dead_ = new Map();
    this.throttles_ = new Map();
  }

  add(rule) {
    checkRule(rule);
    let pattern = null;
    try {
      if (rule.match?.id !== undefined) pattern = new RegExp(rule.match.id);
    } catch (error) {
      throw invalid(`match.id: ${error.message}`);
    }
    const fault = { fault: this.nextId_++, used: 0, seen: 0, ...rule };
    this.rules_.push({ fault, pattern, left: rule.times === 'always' ? Infinity : rule.times ?? 1 });
    return fault.fault;
  }

  list() { return this.rules_.map((rule) => rule.fault); }
  clear() { this.rules_ = []; }

  remove(id) {
    const before = this.rules_.length;
    this.rules_ = this.rules_.filter((rule) => rule.fault.fault !== id);
    return this.rules_.length < before;
  }

  // The fault for this request, or null; uses one of its times. `request` is {provider, address, id, deliveryId};
  // `moment` is "early" (nothing read yet, only `reset: before` applies), "whole" or an SMTP stage.
  take(request, moment) {
    for (const rule of this.rules_) {
      if (rule.left <= 0 || !this.matches_(rule, request, moment)) continue;
      const turn = rule.fault.seen++ - (rule.fault.skip ?? 0);
      if (turn < 0 || (turn + 1) % (rule.fault.every ?? 1) !== 0) continue;
      --rule.left;
      ++rule.fault.used;
      return rule.fault;
    }
    return null;
  }

  matches_({ fault, pattern }, request, moment) {
    const match = fault.match ?? {};
    const stage = fault.stage ?? (fault.reset === 'before' ? 'connect' : 'dot');
    if (request.provider === 'smtp' ? stage !== moment : (fault.reset === 'before') !== (moment === 'early')) return false;
    if (match.provider === undefined ? request.provider === 'fcm-token' : match.provider !== request.provider) return false;
    if (match.address !== undefined && match.address !== request.address) return false;
    return pattern === null || pattern.test(request.id ?? '') || pattern.test(request.deliveryId ?? '');
  }

  kill({ provider, addresses, code }) {
    checkChoice(provider, PROVIDERS, 'provider');
    if (!Array.isArray(addresses)) throw invalid('addresses: expected a list');
    for (const address of addresses) this.dead_.set(`${provider} ${address}`, { provider, address, code });
  }

  listDead() { return [...this.dead_.values()]; }
  reviveAll() { this.dead_.clear(); }
  deadCode(provider, address) {
    const dead = this.dead_.get(`${provider} ${address}`);
    return dead && { code: dead.code ?? { fcm: 'UNREGISTERED', twilio: 21614, smtp: '5.1.1' }[provider] };
  }

  throttle({ provider, perSecond, retryAfter }) {
    checkChoice(provider, PROVIDERS, 'provider');
    if (perSecond === null) return void this.throttles_.delete(provider);
    checkInteger(perSecond, 1, 1e6, 'perSecond');
    this.throttles_.set(provider, { perSecond, retryAfter, tokens: perSecond, at: performance.now() });
  }

  // Null, or what to refuse with. A token bucket one second deep.
  throttled(provider) {
    const bucket = this.throttles_.get(provider);
    if (bucket === undefined) return null;
    const now = performance.now();
    bucket.tokens = Math.min(bucket.perSecond, bucket.tokens + ((now - bucket.at) / 1000) * bucket.perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return { retryAfter: bucket.retryAfter };
    --bucket.tokens;
    return null;
  }
}

module.exports = { Faults };
