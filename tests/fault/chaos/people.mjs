// Who gets messages in a chaos run, and what the database knows of them.
import { addUsers } from '../lib/fixture.mjs';
import { sql } from '../lib/stack.mjs';

export const people = 500;
export const user = (n) => `u${n}`;
export const loner = 'u-out';      // opted out of everything
export const barred = 'u-barred';  // a number that Twilio refuses for good, and that stays on the profile
const barredNumber = '+15005550003';
// A device that FCM calls gone: the first message to it dies and takes it off the profile. One after the other as a run goes
// on (n: of the message), so that some die in each part of it.
const goneDevices = 200, goneEvery = 1_000;
export const goner = (n) => `u-gone-${Math.floor(n / goneEvery) % goneDevices}`;
// A few messages in a row to each, more than a cap allows at once, and then none until all of them got through.
const waiters = 40, waiterEvery = 600;
export const waiter = (n) => `u-waits-${Math.floor(n / waiterEvery) % waiters}`;
const topics = 20, subscribersEach = 3;
export const topicOf = (n) => `topic-${n % topics}`;
export const subscribers = (n) => listed(subscribersEach, (i) => user((n % topics) * subscribersEach + i));

const listed = (length, name) => Array.from({ length }, (_, n) => name(n));
const values = (rows) => rows.map((row) => `(${row.map((text) => `'${text}'`).join(', ')})`).join(', ');

export async function addPeople(world) {
  const gone = listed(goneDevices, (n) => goner(n * goneEvery)), waiting = listed(waiters, (n) => waiter(n * waiterEvery));
  await addUsers(world, [...listed(people, user), loner], { email: true, sms: true });
  await addUsers(world, waiting);
  await addUsers(world, [barred, ...gone], { push: false });
  await sql(`insert into tidings.addresses(recipient, channel, address) values
    ${values([[world.user(barred), 'sms', barredNumber], ...gone.map((name) => [world.user(name), 'push', `UNREGISTERED:${world.user(name)}`])])}`);
  await sql(`insert into tidings.preferences(recipient, channel, enabled) values ('${world.user(loner)}', '*', false)`);
  await sql(`insert into tidings.subscriptions(topic, recipient) values
    ${values(listed(topics, (n) => n).flatMap((n) => subscribers(n).map((name) => [world.user(topicOf(n)), world.user(name)])))}`);
}
