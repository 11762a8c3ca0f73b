'use strict';
// The inbox page: what was accepted, as a phone, its text messages and a mail program would show it; below, what was refused.

const fs = require('node:fs');
const path = require('node:path');
const { makeFilter } = require('./journal');

const CSS = fs.readFileSync(path.join(__dirname, 'page.css'), 'utf8');
const SHOWN = 25;
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (value) => String(value ?? '').replace(/[&<>"']/g, (c) => ESCAPES[c]);

function clock(at) {
  const iso = new Date(at / 1000).toISOString();
  return `<time datetime="${iso}">${iso.slice(11, 19)}</time>`;
}

const short = (text, most = 26) => (text.length <= most ? text : `${text.slice(0, most - 9)}…${text.slice(-8)}`);

function pushCard({ at, address, id, detail }) {
  const message = detail.body.message;
  const notification = { ...message.notification, ...message.android?.notification };
  const link = message.data?.actionUrl ?? message.data?.action_url ?? message.webpush?.fcmOptions?.link;
  return `<li class="push"><header><span class="app">Tidings</span>${clock(at)}</header>
<b>${escape(notification.title)}</b><p>${escape(notification.body)}</p>
${link ? `<p class="link">${escape(link)}</p>` : ''}<footer title="${escape(address)}">${escape(short(address))} · ${escape(short(id))}</footer></li>`;
}

function smsBubble({ at, address, id, detail }) {
  return `<li class="sms"><header>to ${escape(address)} ${clock(at)}</header><p>${escape(detail.body.Body)}</p><footer>${escape(short(id))}</footer></li>`;
}

// The message's HTML is shown in a frame without scripts, forms or the page's origin.
function mailItem({ at, id, detail }) {
  const mail = detail.body;
  const sender = mail.fromHeader[0].name || mail.fromHeader[0].address;
  const content = mail.html === null ? `<pre>${escape(mail.text)}</pre>` : `<iframe sandbox title="message" srcdoc="${escape(mail.html)}"></iframe>`;
  return `<li class="mail"><details data-key="${escape(id)}"><summary><span class="who">${escape(sender)}</span><span class="subject">${escape(mail.subject)}</span>
${clock(at)}</summary><p class="to">to ${escape(mail.to.join(', '))} · ${escape(short(id))}</p>${content}</details></li>`;
}

function refusedRow({ at, provider, address, id, status, why, fault }) {
  return `<tr><td>${clock(at)}</td><td>${escape(provider)}</td><td>${status || '—'}</td><td>${escape(short(address))}</td><td>${escape(short(id))}</td>
<td>${escape(why ?? fault)}</td></tr>`;
}

function latest(journal, query) {
  return journal.list(makeFilter(query), SHOWN).filter((record) => record.detail !== undefined).reverse();
}

function column(journal, provider, title, item) {
  const { count } = journal.count(makeFilter({ provider, accepted: 'true' })).totals;
  const items = latest(journal, { provider, accepted: 'true' }).map(item).join('\n');
  return `<section class="${provider}"><h2>${title} <span>${count}</span></h2><ul>${items || '<li class="empty">Nothing yet</li>'}</ul></section>`;
}

function inbox(journal) {
  const refused = latest(journal, { accepted: 'false' }).map(refusedRow).join('\n');
  const { count } = journal.count(makeFilter({ accepted: 'false' })).totals;
  return `<div class="devices">
${column(journal, 'fcm', 'Push', pushCard)}
${column(journal, 'twilio', 'Text messages', smsBubble)}
${column(journal, 'smtp', 'Mail', mailItem)}
</div>
<section class="refused"><h2>Refused <span>${count}</span></h2>
${refused ? `<table><tr><th>time</th><th>service</th><th>status</th><th>address</th><th>id</th><th>why</th></tr>${refused}</table>` : '<p>Nothing.</p>'}</section>`;
}

// Replaces the content when something arrived, and keeps opened mails open.
const SCRIPT = `
const main = document.querySelector('main');
const events = new EventSource('/inbox/events');
let wanted = false, busy = false;
async function refresh() {
  wanted = true;
  if (busy) return;
  busy = true;
  while (wanted) {
    wanted = false;
    const open = new Set([...document.querySelectorAll('details[open]')].map(d => d.dataset.key));
    main.innerHTML = await (await fetch('/inbox')).text();
    for (const d of document.querySelectorAll('details')) if (open.has(d.dataset.key)) d.open = true;
    await new Promise(done => setTimeout(done, 300));
  }
  busy = false;
}
events.onmessage = refresh;
events.onerror = () => document.body.classList.add('lost');
events.onopen = () => { document.body.classList.remove('lost'); refresh(); };
`;

function wholePage(journal) {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tidings sandbox</title><style>${CSS}</style></head>
<body><h1>Tidings <small>sandbox: what arrived</small></h1><main>${inbox(journal)}</main><script>${SCRIPT}</script></body></html>`;
}

function sendHtml(res, html) {
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  res.end(html);
}

// One event per burst: the page then fetches the inbox.
function streamEvents(journal, req, res) {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  res.write(': hello\n\n');
  let timer = null;
  const stop = journal.listen(() => {
    timer ??= setTimeout(() => {
      timer = null;
      res.write('data: new\n\n');
    }, 200);
  });
  req.on('close', () => {
    stop();
    clearTimeout(timer);
  });
}

// Answers whether the path was the page's.
function makePage(journal) {
  return (where, req, res) => {
    if (where === '/') sendHtml(res, wholePage(journal));
    else if (where === '/inbox') sendHtml(res, inbox(journal));
    else if (where === '/inbox/events') streamEvents(journal, req, res);
    else return false;
    return true;
  };
}

module.exports = { makePage };
