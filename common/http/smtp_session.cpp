#include "http/smtp_session.h"

#include <curl/curl.h>

#include <utility>

#include "base/utf8.h"
#include "http/smtp_text.h"
#include "http/transport.h"
#include "http/url.h"

namespace tidings::http {

struct SmtpSession::Callbacks {
  // Every line the server sends until the connection is ours.
  static size_t onHeader(char* data, size_t, size_t size, void* self) {
    auto& session = *static_cast<SmtpSession*>(self);
    const std::string_view line(data, size);
    session.features_.note(line);
    session.reader_.feed(line);
    if (auto reply = session.reader_.take()) {
      session.authenticated_ |= reply->code == 235;
      session.last_ = std::move(*reply);
    }
    return size;
  }
};

SmtpSession::SmtpSession(Multi& multi, const Relay::Options& options)
    : multi_(multi),
      options_(options),
      error_(std::make_unique<char[]>(CURL_ERROR_SIZE)),
      easy_(multi.newEasy(error_.get())) {}

SmtpSession::~SmtpSession() {
  if (usable()) {  // a courtesy; nobody waits for its answer
    constexpr std::string_view quit = "QUIT\r\n";
    size_t written = 0;
    curl_easy_send(easy_, quit.data(), quit.size(), &written);
  }
  if (fd_ >= 0 && !over_) multi_.forget(fd_);
  multi_.release(easy_);
  curl_easy_cleanup(easy_);
}

void SmtpSession::configure(Millis timeout) {
  const std::string url = std::string(options_.tls == Relay::Tls::tls ? "smtps" : "smtp") + "://" +
                          options_.host + ":" + std::to_string(options_.port) + "/" +
                          options_.ehloName;
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy_, CURLOPT_CONNECT_ONLY, 1L);
  // ALL, never TRY: without encryption nothing is said.
  curl_easy_setopt(easy_, CURLOPT_USE_SSL,
                   options_.tls == Relay::Tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL);
  if (isLoopbackHost(options_.host)) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  if (!options_.caFile.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options_.caFile.c_str());
  if (!options_.user.empty()) {
    curl_easy_setopt(easy_, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(easy_, CURLOPT_PASSWORD, options_.password.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connectTimeout.count()));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<Millis::rep>(timeout.count(), 1)));
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Callbacks::onHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
}

Task<MailAnswer> SmtpSession::open(Deadline deadline) {
  configure(deadline.remaining(multi_.loop().clock()));
  const int code = co_await multi_.connect(easy_);
  if (code != CURLE_OK) co_return openFailed(code);
  curl_socket_t fd = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &fd);
  if (fd == CURL_SOCKET_BAD) co_return MailAnswer{MailTransport::notSent};
  fd_ = fd;
  multi_.adopt(fd_, [this](bool over) {
    over_ |= over;
    if (!over) multi_.want(fd_, false, false);  // heard once is enough
    if (waiting_ == nullptr) {
      stale_ = true;
    } else {
      waiting_->set(true);
    }
  });
  if (!options_.user.empty() && !authenticated_) {
    MailAnswer answer{MailTransport::noAuth, MailStage::auth};
    answer.error = "a user is configured, but the relay offers no AUTH";
    co_return answer;
  }
  open_ = true;
  co_return MailAnswer{MailTransport::ok};
}

MailAnswer SmtpSession::openFailed(int code) {
  const bool said = last_.code >= 400;
  if (said && code == CURLE_LOGIN_DENIED) return refused(last_, MailStage::auth);
  if (said && (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_REMOTE_ACCESS_DENIED ||
               code == CURLE_USE_SSL_FAILED)) {
    return refused(last_, MailStage::connect);
  }
  MailAnswer answer{MailTransport::notSent};
  const char* text =
      error_[0] != '\0' ? error_.get() : curl_easy_strerror(static_cast<CURLcode>(code));
  answer.error = cleanText(text, 256);
  if (code == CURLE_USE_SSL_FAILED) {
    answer.transport = MailTransport::tls;
    answer.error = "the relay does not offer STARTTLS";
  } else if (code == CURLE_LOGIN_DENIED) {
    answer.transport = MailTransport::noAuth;
    answer.stage = MailStage::auth;
  } else {
    switch (classify({code, false, false, false})) {
      case Transport::tls:
        answer.transport = MailTransport::tls;
        break;
      case Transport::broken:
        answer.transport = MailTransport::broken;
        break;
      default:
        break;
    }
  }
  return answer;
}

Task<bool> SmtpSession::ready(bool writable, Deadline deadline) {
  OneShot<bool> event(multi_.loop());
  waiting_ = &event;
  multi_.want(fd_, !writable, writable);
  const std::optional<bool> seen = co_await event.waitUntil(deadline);
  waiting_ = nullptr;
  co_return seen.has_value();
}

Task<SmtpSession::Io> SmtpSession::write(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    if (over_) co_return Io::lost;
    size_t written = 0;
    const CURLcode code = curl_easy_send(easy_, bytes.data(), bytes.size(), &written);
    if (code == CURLE_OK) {
      bytes.remove_prefix(written);
      continue;
    }
    if (code != CURLE_AGAIN) co_return Io::lost;
    const bool inTime = co_await ready(true, deadline);
    if (!inTime) co_return Io::late;
  }
  co_return Io::ok;
}

Task<SmtpSession::Io> SmtpSession::read(SmtpReply& reply, Deadline deadline) {
  for (bool late = false;;) {
    if (auto complete = reader_.take()) {
      reply = std::move(*complete);
      if (reader_.surplus()) open_ = false;  // the relay is about to hang up
      co_return Io::ok;
    }
    if (reader_.malformed()) co_return Io::malformed;
    if (over_) co_return Io::lost;
    char buffer[2048];
    size_t got = 0;
    const CURLcode code = curl_easy_recv(easy_, buffer, sizeof buffer, &got);
    if (code == CURLE_OK && got > 0) {
      reader_.feed({buffer, got});
      continue;
    }
    if (code != CURLE_AGAIN) co_return Io::lost;
    if (late) co_return Io::late;
    // Once more after the deadline: perhaps it is we who are late, because the worker was frozen.
    const bool inTime = co_await ready(false, deadline);
    late = !inTime;
  }
}

Task<SmtpSession::Io> SmtpSession::command(std::string line, SmtpReply& reply, Deadline deadline) {
  line += "\r\n";
  const Io written = co_await write(line, deadline);
  if (written == Io::late) co_return written;
  // Even when writing failed, the server may have said why before it hung up.
  const Io io = co_await read(reply, deadline);
  co_return io;
}

MailAnswer SmtpSession::tooLate() {
  MailAnswer answer{MailTransport::notSent, MailStage::data};
  answer.error = "too little time was left for the relay to answer";
  return answer;
}

MailAnswer SmtpSession::refused(SmtpReply reply, MailStage stage) {
  if (reply.code == 421) open_ = false;
  for (size_t at = 0; !options_.password.empty() &&
                      (at = reply.text.find(options_.password, at)) != std::string::npos;) {
    reply.text.replace(at, options_.password.size(), "***");  // a server may quote what it got
    at += 3;
  }
  MailAnswer answer{MailTransport::refused, stage, reply.code, reply.enhanced, reply.text};
  answer.error = std::to_string(reply.code) + " " + reply.enhanced +
                 (reply.enhanced.empty() ? "" : " ") + reply.text;
  return answer;
}

MailAnswer SmtpSession::lost(Io io, MailStage stage, bool handedOver) {
  open_ = false;
  MailAnswer answer{handedOver ? MailTransport::unknown : MailTransport::notSent, stage};
  answer.error = io == Io::late        ? "no reply before the deadline"
                 : io == Io::malformed ? "the relay's answer is not SMTP"
                                       : "the connection was lost";
  return answer;
}

Task<MailAnswer> SmtpSession::transact(const Mail& mail, Times times) {
  ++multi_.stats.requests;
  wasDead_ = false;
  lastUsed_ = multi_.loop().clock().mono();
  const bool reused = std::exchange(used_, true);
  const auto envelope = smtpEnvelope(mail, features_);
  if (!envelope.ok()) {
    MailAnswer answer{MailTransport::refused, MailStage::recipient, 553, "5.6.7"};
    answer.text = answer.error = envelope.error().message;
    co_return answer;
  }
  Step failed = co_await begin(envelope->from, reused, times.end);
  if (failed) co_return std::move(*failed);
  failed = co_await step(envelope->to, MailStage::recipient, times.end);
  if (failed) co_return std::move(*failed);
  failed = co_await beginData(times);
  if (failed) co_return std::move(*failed);
  MailAnswer answer = co_await deliver(mail.message, times.end);
  co_return answer;
}

// Looks at the time twice: before DATA the connection can still be kept, after its answer it can
// not.
Task<SmtpSession::Step> SmtpSession::beginData(Times times) {
  const Clock& clock = multi_.loop().clock();
  if (times.handOverBy.passed(clock)) {
    needsReset_ = true;
    co_return tooLate();
  }
  Step failed = co_await step("DATA", MailStage::data, times.end);
  if (failed || !times.handOverBy.passed(clock)) co_return failed;
  open_ = false;
  co_return tooLate();
}

Task<SmtpSession::Step> SmtpSession::begin(const std::string& from, bool reused,
                                           Deadline deadline) {
  Step failed;
  if (needsReset_) failed = co_await step("RSET", MailStage::from, deadline);
  if (!failed) {
    needsReset_ = false;
    failed = co_await step(from, MailStage::from, deadline);
  }
  // Lost, or 421: but not for lack of time.
  wasDead_ = failed && reused && !open_ && !deadline.passed(multi_.loop().clock());
  co_return failed;
}

Task<SmtpSession::Step> SmtpSession::step(const std::string& line, MailStage stage,
                                          Deadline deadline) {
  SmtpReply reply;
  const Io io = co_await command(line, reply, deadline);
  if (io != Io::ok) co_return lost(io, stage, false);
  if (stage == MailStage::data ? reply.code == 354 : reply.ok()) co_return std::nullopt;
  needsReset_ = true;
  co_return refused(reply, stage);
}

Task<MailAnswer> SmtpSession::deliver(const std::string& message, Deadline deadline) {
  const std::string data = smtpData(message);
  const Io written = co_await write(data, deadline);
  // Without the whole final dot the server has not got a mail.
  if (written == Io::late) co_return lost(written, MailStage::data, false);
  SmtpReply reply;
  const Io io = co_await read(reply, deadline);
  if (io != Io::ok) co_return lost(io, MailStage::data, written == Io::ok);
  if (written != Io::ok) open_ = false;
  if (!reply.ok()) co_return refused(reply, MailStage::data);
  co_return MailAnswer{MailTransport::ok, MailStage::accepted, reply.code, reply.enhanced,
                       reply.text};
}

}  // namespace tidings::http
