#include "http/relay.h"

namespace tidings::http {

SmtpRelay::SmtpRelay(Multi& multi, Options options)
    : multi_(multi), options_(std::move(options)), places_(multi.loop(), options_.concurrency) {
  multi_.reserve(options_.concurrency);
}

SmtpRelay::~SmtpRelay() { multi_.loop().cancel(timer_); }

std::unique_ptr<SmtpSession> SmtpRelay::takeIdle() {
  dropOld();
  if (idle_.empty()) return nullptr;
  auto session = std::move(idle_.back());  // the most recently used, so that the rest may close
  idle_.pop_back();
  return session;
}

void SmtpRelay::keep(std::unique_ptr<SmtpSession> session) {
  if (!session->usable()) return;
  session->park();
  idle_.push_back(std::move(session));
  armTimer();
}

void SmtpRelay::armTimer() {
  if (timer_ != 0 || idle_.empty()) return;
  timer_ = multi_.loop().after(options_.maxIdle, [this] {
    timer_ = 0;
    dropOld();
    armTimer();
  });
}

void SmtpRelay::dropOld() {
  const MonoTime oldest = multi_.loop().clock().mono() - options_.maxIdle;
  std::erase_if(idle_, [oldest](const std::unique_ptr<SmtpSession>& session) {
    return !session->usable() || session->lastUsed() <= oldest;
  });
}

// A relay closes idle connections, and says 421 after so many mails: then the mail goes out on a
// fresh connection at once. Never after DATA was answered.
Task<MailAnswer> SmtpRelay::send(Mail mail, Deadline deadline) {
  const Places::Place place = co_await places_.take(mail.important, deadline);
  if (place.late) {
    MailAnswer late{MailTransport::busy};
    late.error = Places::kNoneInTime;
    co_return late;
  }
  deadline = place.deadline;
  const Times times = Times::of(multi_.loop().clock(), deadline);
  while (!deadline.passed(multi_.loop().clock())) {
    std::unique_ptr<SmtpSession> session = takeIdle();
    if (!session) {
      session = std::make_unique<SmtpSession>(multi_, options_);
      MailAnswer opened = co_await session->open(deadline);
      if (opened.transport != MailTransport::ok) co_return opened;
    }
    MailAnswer answer = co_await session->transact(mail, times);
    if (session->wasDead()) continue;
    keep(std::move(session));
    co_return answer;
  }
  MailAnswer late{MailTransport::notSent};
  late.error = "the deadline passed before the mail was begun";
  co_return late;
}

}  // namespace tidings::http
