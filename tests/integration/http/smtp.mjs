// An SMTP server whose behaviour is asked for by the recipient's local part: "550-5.1.1@…" is that reply at RCPT,
// "data-451@…" that one after the final dot, "drop-after-dot@…", "hang-after-dot@…", "slow@…" (200 ms), "slow-rcpt@…" and "slow-354@…" (answer RCPT and DATA after 2.6 s),
// "accept-and-bye@…" (takes the mail and says 421 with the same breath), "bye-next@…" (takes the mail, says 421 to the next MAIL), "close-next@…" (hangs up at the next MAIL).
import net from 'node:net';
import tls from 'node:tls';

export class SmtpServer {
  mails = [];
  connections = 0;
  quits = 0;

  constructor({ key, cert }) {
    this.secureContext = tls.createSecureContext({ key, cert });
    this.tlsOptions = { key, cert };
  }

  server({ startTls = true, auth = true, implicitTls = false }) {
    const accept = (socket) => new Session(this, socket, { startTls: startTls && !implicitTls, auth, secure: implicitTls });
    return implicitTls ? tls.createServer(this.tlsOptions, accept) : net.createServer(accept);
  }
}

class Session {
  constructor(owner, socket, options) {
    this.owner = owner;
    this.options = options;
    this.number = ++owner.connections;
    this.buffer = '';
    this.mail = null;
    this.next = null;  // what the next MAIL gets
    this.attach(socket);
    this.say('220 loopback ESMTP');
  }

  attach(socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.take(text));
    socket.on('error', () => {});
  }

  say(line) { this.socket.write(`${line}\r\n`); }

  // A relay that is slow on purpose: what is left of the mail's time no longer does for its answer.
  sayLate(local, line) {
    if (this.mail.local === local) setTimeout(() => this.say(line), 2_600);
    else this.say(line);
  }

  take(text) {
    this.buffer += text;
    for (;;) {
      if (this.receiving) {
        const end = this.buffer.indexOf('\r\n.\r\n');
        if (end < 0) return;
        const raw = this.buffer.slice(0, end + 2);
        this.buffer = this.buffer.slice(end + 5);
        this.receiving = false;
        this.finish(raw);
        continue;
      }
      const newline = this.buffer.indexOf('\r\n');
      if (newline < 0) return;
      const line = this.buffer.slice(0, newline);
      this.buffer = this.buffer.slice(newline + 2);
      this.command(line);
    }
  }

  command(line) {
    if (this.expectsCredentials) return this.authenticate(line);
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') return this.hello(line);
    if (verb === 'STAR') return this.startTls();
    if (verb === 'AUTH') { this.expectsCredentials = true; return this.say('334 '); }
    if (verb === 'MAIL') return this.from(line);
    if (verb === 'RCPT') return this.to(line);
    if (verb === 'DATA') { this.receiving = true; return this.sayLate('slow-354', '354 go on'); }
    if (verb === 'RSET') { this.mail = null; return this.say('250 2.0.0 reset'); }
    if (verb === 'QUIT') { ++this.owner.quits; this.say('221 2.0.0 bye'); return this.socket.end(); }
    return this.say('500 5.5.2 what?');
  }

  hello(line) {
    this.ehlo = line.slice(5);
    const offers = ['loopback', 'SIZE 1000000', 'SMTPUTF8'];
    if (this.options.startTls && !this.options.secure) offers.push('STARTTLS');
    if (this.options.auth && this.options.secure) offers.push('AUTH PLAIN');
    offers.forEach((offer, i) => this.say(`250${i + 1 < offers.length ? '-' : ' '}${offer}`));
  }

  startTls() {
    this.say('220 2.0.0 ready');
    this.options = { ...this.options, secure: true };
    const plain = this.socket;
    plain.removeAllListeners('data');
    this.attach(new tls.TLSSocket(plain, { isServer: true, secureContext: this.owner.secureContext }));
  }

  authenticate(line) {
    this.expectsCredentials = false;
    const [, user, password] = Buffer.from(line, 'base64').toString().split('\0');
    this.authenticated = user === 'tidings' && password === 'right';
    this.say(this.authenticated ? '235 2.7.0 welcome' : `535 5.7.8 not you, ${user}/${password}`);
  }

  from(line) {
    const next = this.next;
    this.next = null;
    if (next === 'close') return this.socket.destroy();
    if (next === 'bye') { this.say('421 4.7.0 enough for one connection'); return this.socket.end(); }
    if (this.mail) return this.say('503 5.5.1 nested MAIL');
    this.mail = { from: line, connection: this.number, ehlo: this.ehlo, secure: Boolean(this.options.secure), authenticated: Boolean(this.authenticated) };
    return this.say('250 2.1.0 ok');
  }

  to(line) {
    this.mail.to = line;
    this.mail.local = /<([^@]*)@/.exec(line)?.[1] ?? '';
    const refusal = /^([45]\d\d)(?:-(\d\.\d+\.\d+))?$/.exec(this.mail.local);
    return this.sayLate('slow-rcpt', refusal ? `${refusal[1]} ${refusal[2] ? `${refusal[2]} ` : ''}as you wish` : '250 2.1.5 ok');
  }

  finish(raw) {
    const { mail } = this;
    this.mail = null;
    const refusal = /^data-(\d+)$/.exec(mail.local);
    if (refusal) return this.say(`${refusal[1]} no`);
    this.owner.mails.push({ ...mail, raw });
    if (mail.local === 'drop-after-dot') return this.socket.destroy();
    if (mail.local === 'hang-after-dot') return undefined;
    if (mail.local === 'bye-next') this.next = 'bye';
    if (mail.local === 'close-next') this.next = 'close';
    const accept = () => this.say('250 2.0.0 Ok: queued as 4AbC');
    if (mail.local === 'accept-and-bye') { this.say('250 2.0.0 Ok: queued\r\n421 4.4.2 closing'); return this.socket.end(); }
    return mail.local === 'slow' ? setTimeout(accept, 200) : accept();
  }
}
