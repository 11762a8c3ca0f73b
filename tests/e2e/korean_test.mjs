// A recipient who reads Korean, on every channel, as the provider gets it; and data that would like to be a header.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { addUsers, closeWorld, makeWorld, message, publish, startWorker } from '../fault/lib/fixture.mjs';
import { sql } from '../fault/lib/stack.mjs';
import { become, edit } from './lib/world.mjs';

const data = { actor: '김하늘', post: '한국의 <봄>', excerpt: '사진이 정말 예뻐요 & 좋아요 😀', count: 2 };

test('push, e-mail and SMS in Korean', { timeout: 120_000 }, async (t) => {
  const world = await makeWorld({ types: { note: { channels: ['push', 'email', 'sms'] } }, extra: 'action_url: {allowed_domains: [example.com]}' });
  t.after(() => closeWorld(world));
  edit(world.config, 'tls: starttls,', 'tls: starttls, list_unsubscribe: "https://example.com/stop/{{recipient}}, mailto:stop@example.com",');
  await addUsers(world, ['kim', 'eve'], { email: true, sms: true });
  await sql(`update tidings.recipients set locale = 'ko-KR' where id = '${world.user('kim')}'`);
  await startWorker(world);
  const actionUrl = 'https://www.example.com/사진/1';
  const eve = { ...data, actor: 'Eve\r\nBcc: victim@example.com\r\n\r\nAll yours' };
  await publish(world, [message(world, 'kim', 'kim', { data, actionUrl }), message(world, 'eve', 'eve', { data: eve, channels: ['email'] })]);
  await become(world, { sent: 4 });
  const request = async (provider, who) => (await world.sandbox.requests(`&provider=${provider}&id=${world.tag}-${who}`))[0].body;

  await t.test('push', async () => {
    const { notification } = (await request('fcm', 'kim')).message;
    assert.equal(notification.title, '김하늘님 외 2명이 댓글을 남겼습니다');
    assert.equal(notification.body, '“사진이 정말 예뻐요 & 좋아요 😀”');
  });
  await t.test('SMS', async () => {
    const { Body, To } = await request('twilio', 'kim');
    assert.match(To, /^\+1555/);
    assert.equal(Body.split('\n')[0], '김하늘님 외 2명이 "한국의 <봄>" 글에 댓글을 남겼습니다: 사진이 정말 예뻐요 & 좋아요 😀');
    assert.ok(Body.includes(actionUrl));
  });
  await t.test('e-mail', async () => {
    const mail = await request('smtp', 'kim');
    assert.deepEqual(mail.to, [`${world.user('kim')}@example.com`]);
    assert.equal(mail.subject, '김하늘님 외 2명이 “한국의 <봄>” 글에 댓글을 남겼습니다');
    assert.match(mail.raw, /^Subject: =\?UTF-8\?[BQ]\?[!-~]+\?=\r?\n( =\?UTF-8\?[BQ]\?[!-~]+\?=\r?\n)*\S/im);
    assert.match(mail.text, /김하늘님 외 2명이 “한국의 <봄>” 글에 댓글을 남겼습니다\.\r\n/);
    assert.match(mail.text, /알림 설정에 따라/);
    assert.match(mail.html, /<html lang="ko">/);
    assert.match(mail.html, /“한국의 &lt;봄&gt;” 글에/);
    assert.match(mail.html, /예뻐요 &amp; 좋아요 😀<\/blockquote>/);
    assert.equal(mail.headers['list-unsubscribe'].replace(/\s+/g, ' '), `<https://example.com/stop/${world.user('kim')}>, <mailto:stop@example.com>`);
    assert.equal(mail.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click');
  });
  await t.test('line ends in the data make no header', async () => {
    const mail = await request('smtp', 'eve');
    assert.deepEqual(mail.to, [`${world.user('eve')}@example.com`]);
    assert.equal(mail.headers.bcc, undefined);
    assert.match(mail.subject, /^Eve Bcc: victim@example\.com All yours and 2 more commented on /);
  });
});
