// Judges a run from four records that know nothing of each other: what was published and confirmed, what the providers
// accepted, the journal, and the dead letters. Pure.
//
//   expected   [{key, expect, resend, at, due}]  one per delivery; `expect` is sent, opted_out, capped (sent or skipped so), expired, refused
//              (dead), gone (dead, or skipped when its address is off the profile) or malformed; `resend`: its type sends again what is
//              uncertain; `at`: when the broker confirmed it; `due`: not to be sent before; all times are ms since 1970
//   accepted   [{key, at, fault}]     in order; `fault`: the provider lost this answer on purpose
//   journal    [{key, state, reason, created, updated, next}]
//   dead       [{key, reason}]        letters in the dead-letter queues
//   steps      [{from, to, inFlight, uncertain, faults}] in order; when faults were there (how many: one if not said), how many
//              deliveries the workers concerned held at most, and how many may have been put in doubt (as many, if not said);
//              `fast`, `slow`: by how many ms a worker's clock was ahead or behind
//   caps       [{keys, limit, windowMs}]  deliveries that share a cap; without a window, one which they can't have left yet
//   claims     key → [{at, again}]    of those under a cap with a window; see waiting.mjs
//   delayed    how many messages the broker holds back
import { explainUncertain } from './uncertain.mjs';
import { overfull, putOff, wrongTime } from './waiting.mjs';

const finals = new Set(['sent', 'skipped', 'dead']);
const listed = 20;  // examples that are kept of each kind

export function judge({ expected, accepted, journal, dead, steps, caps = [], claims = new Map(), delayed = 0 }) {
  const book = new Map(expected.map((e) => [e.key, { ...e, sends: [], letters: 0 }]));
  const found = { lost: [], wronglySkipped: [], contradictory: [], unexplained: [], forbidden: [] };
  const perStep = steps.map(() => ({ duplicated: 0, lost: 0 }));
  const say = (kind, key, why) => found[kind].push({ key, why });
  const known = (key, where) => book.get(key) ?? void say('contradictory', key, `${where}, but it was never published`);

  for (const { key, at, fault } of accepted) known(key, 'a provider accepted it')?.sends.push({ at, fault });
  for (const row of journal) {
    const entry = known(row.key, 'the journal has it');
    if (entry) entry.row = row;
  }
  for (const { key, reason } of dead) {
    const entry = known(key, 'it is among the dead letters');
    if (entry) { ++entry.letters; entry.letter = reason; }
  }

  let duplicated = 0, buried = 0, waiting = 0;
  const gone = goneSince(book);
  for (const entry of book.values()) {
    entry.gone = gone.get(whoseOf(entry.key));
    const untimely = wrongTime(entry, steps);
    if (untimely) say('contradictory', entry.key, untimely);
    const problem = putOff(entry, steps) && ++waiting <= delayed ? null : endOf(entry, steps);
    if (problem) {
      say(problem.kind, entry.key, problem.why);
      if (problem.kind === 'lost') { const step = lastBefore(steps, entry.at); if (step >= 0) ++perStep[step].lost; }
    }
    if (entry.row?.state === 'dead') ++buried;
    const { row } = entry;
    if (row?.reason === 'uncertain' && !entry.sends.some((s) => s.fault) && overlap(steps, row.created, row.updated) < 0) {
      say('wronglySkipped', entry.key, 'uncertain although no fault was there');
    }
    for (let i = 1; i < entry.sends.length; ++i) {
      ++duplicated;
      const [first, again] = [entry.sends[i - 1], entry.sends[i]];
      if (!entry.resend) say('forbidden', entry.key, 'sent again although its type skips what is uncertain');
      const step = blame(steps, first, again, entry.row);
      if (step >= 0) ++perStep[step].duplicated;
      if (first.fault) continue;  // the provider lost that answer: this repeat is its own explanation
      if (step < 0) say('unexplained', entry.key, `sent again ${Math.round(again.at - first.at)} ms later although no fault was there`);
      else perStep[step].inFlight = (perStep[step].inFlight ?? 0) + 1;
    }
  }
  for (const cap of caps) {
    const { keys, limit, windowMs } = cap;
    if (windowMs) {
      for (const { key, why } of overfull(cap, book, claims)) say('contradictory', key, why);
      continue;
    }
    const sent = keys.filter((key) => book.get(key)?.sends.length > 0);
    if (sent.length > limit) say('contradictory', sent[0], `${sent.length} were sent where the cap allows ${limit}`);
  }
  const overBound = perStep.flatMap((step, i) => (step.inFlight > steps[i].inFlight ? [{ step: i, repeats: step.inFlight, bound: steps[i].inFlight }] : []));
  const doubt = explainUncertain([...book.values()].filter(({ row }) => row?.reason === 'uncertain'), steps);
  perStep.forEach((step, i) => { step.uncertain = doubt.perStep[i].accepted + doubt.perStep[i].never; });
  const count = (kind) => found[kind].length;
  return {
    deliveries: book.size, duplicated, uncertain: doubt.accepted + doubt.never, uncertainAccepted: doubt.accepted, dead: buried, putOff: waiting, perStep, overBound, overDoubt: doubt.over,
    lost: count('lost'), wronglySkipped: count('wronglySkipped'), contradictory: count('contradictory'), unexplained: count('unexplained'), forbidden: count('forbidden'),
    examples: Object.fromEntries(Object.entries(found).map(([kind, all]) => [kind, all.slice(0, listed)])),
    ok: Object.values(found).every((all) => all.length === 0) && overBound.length + doubt.over.length === 0,
  };
}

const whoseOf = (key) => key.slice(key.indexOf(' ') + 1);

// Recipient → when the provider's word that its address is gone was first taken.
function goneSince(book) {
  const since = new Map();
  for (const { key, expect, row } of book.values()) {
    if (expect !== 'gone' || row?.reason !== 'recipient_gone') continue;
    since.set(whoseOf(key), Math.min(row.updated, since.get(whoseOf(key)) ?? Infinity));
  }
  return since;
}

const neverSent = { opted_out: 'sent to somebody who opted out', expired: 'sent although it had expired', refused: 'sent, but every provider refuses it', gone: 'sent to a device that is gone' };

// What is wrong with how this delivery ended; null when nothing is.
function endOf(entry, steps) {
  const { expect, resend, sends, row, letter } = entry;
  const sent = sends.length > 0;
  if (expect === 'malformed') {
    if (sent || row) return { kind: 'contradictory', why: 'malformed, but it was processed' };
    return letter === 'malformed' ? null : { kind: 'lost', why: 'malformed, but it is not among the dead letters' };
  }
  if (letter === 'delivery_limit' && !finals.has(row?.state)) return { kind: 'wronglySkipped', why: 'the broker buried it' };
  if (!row) return { kind: 'lost', why: `no row in the journal${letter ? `, a dead letter (${letter})` : ''}` };
  if (!finals.has(row.state)) return { kind: 'lost', why: `still ${row.state}${row.reason ? ` (${row.reason})` : ''}` };
  if (row.state === 'dead' && !letter) return { kind: 'lost', why: `dead (${row.reason}) without a dead letter` };
  if (row.state !== 'dead' && letter) return { kind: 'contradictory', why: `${row.state}, but among the dead letters (${letter})` };
  if (row.state === 'sent' && !sent) return { kind: 'contradictory', why: 'sent, but no provider accepted it' };
  if (row.state === 'sent' && neverSent[expect]) return { kind: 'contradictory', why: neverSent[expect] };
  if (row.state === 'skipped') return takenOff(entry) ? null : wronglySkipped(expect, resend, sent, row);
  if (row.state === 'dead') return wronglyBuried(entry, steps);
  return null;
}

const takenOff = ({ expect, sends, row, gone }) => expect === 'gone' && row.reason === 'no_address' && sends.length === 0 && gone <= row.updated;

// Little that is published here is beyond help. Whose workers died three times is an admin's to look at, sent or not.
const deadly = { refused: 'permanent', gone: 'recipient_gone' };
function wronglyBuried({ expect, sends, row: { reason, created, updated } }, steps) {
  const sent = sends.length > 0;
  if (!sent && reason === deadly[expect]) return null;
  if (reason !== 'poison') return sent ? { kind: 'contradictory', why: `dead (${reason}), but accepted` } : { kind: 'wronglySkipped', why: `dead (${reason})` };
  const deaths = steps.filter(({ from, to }) => from <= updated && to >= created).reduce((n, step) => n + (step.faults ?? 1), 0);
  return deaths >= 3 ? null : { kind: 'wronglySkipped', why: `poison after ${deaths} faults` };
}

function wronglySkipped(expect, resend, sent, { reason }) {
  if (reason === 'uncertain') return resend ? { kind: 'wronglySkipped', why: 'uncertain, but its type sends again' } : null;
  if (reason !== expect) return { kind: 'wronglySkipped', why: `skipped as ${reason}, expected ${expect}` };
  return sent ? { kind: 'contradictory', why: `skipped as ${reason}, but accepted` } : null;
}

// The step that a repeat is put down to: the first one that was there when or after the delivery was accepted, else the last
// one since it was begun; -1 if none.
function blame(steps, first, again, row) {
  const next = steps.findIndex(({ to }) => to >= first.at);
  return next >= 0 && steps[next].from <= again.at ? next : overlap(steps, row?.created ?? first.at, again.at);
}

// The last step that the span from `a` to `b` touches; -1 if none does.
function overlap(steps, a, b) {
  for (let i = lastBefore(steps, b); i >= 0; --i) if (steps[i].to >= a) return i;
  return -1;
}

function lastBefore(steps, time) {
  let low = 0, high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle].from <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
