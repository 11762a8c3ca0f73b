// One SMTP connection. libcurl connects, greets, encrypts and authenticates; the transactions are
// spoken here, because libcurl's own wait for the reply after the final dot blocks its thread.
//
// Owner: the relay. Loop thread only; one call at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/multi.h"
#include "http/smtp_reply.h"
#include "http/times.h"

namespace tidings::http {

class SmtpSession {
 public:
  SmtpSession(Multi& multi, const Relay::Options& options);
  ~SmtpSession();
  SmtpSession(const SmtpSession&) = delete;
  SmtpSession& operator=(const SmtpSession&) = delete;

  // `ok` when mails can be sent.
  Task<MailAnswer> open(Deadline deadline);
  // Not sent for certain when the relay is too slow for `handOverBy`.
  Task<MailAnswer> transact(const Mail& mail, Times times);

  // Between transactions: notices from now on when the server hangs up.
  void park() { multi_.want(fd_, true, false); }
  // Between transactions: whether another one may be tried on it.
  bool usable() const { return open_ && !over_ && !stale_; }
  // Set by transact(): the connection was found dead, or said goodbye, before the mail was begun.
  bool wasDead() const { return wasDead_; }
  MonoTime lastUsed() const { return lastUsed_; }

 private:
  enum class Io { ok, lost, late, malformed };
  struct Callbacks;

  // A step that is not done ends the transaction with this answer.
  using Step = std::optional<MailAnswer>;
  Task<Step> begin(const std::string& from, bool reused, Deadline deadline);
  Task<Step> step(const std::string& line, MailStage stage, Deadline deadline);
  Task<Step> beginData(Times times);
  Task<MailAnswer> deliver(const std::string& message, Deadline deadline);

  void configure(Millis timeout);
  MailAnswer openFailed(int code);
  Task<Io> command(std::string line, SmtpReply& reply, Deadline deadline);
  Task<Io> write(std::string_view bytes, Deadline deadline);
  Task<Io> read(SmtpReply& reply, Deadline deadline);
  Task<bool> ready(bool writable, Deadline deadline);
  static MailAnswer tooLate();
  MailAnswer refused(SmtpReply reply, MailStage stage);
  MailAnswer lost(Io io, MailStage stage, bool handedOver);

  Multi& multi_;
  const Relay::Options& options_;
  std::unique_ptr<char[]> error_;
  void* easy_;
  int fd_ = -1;
  SmtpReplyReader reader_;
  SmtpReply last_;
  SmtpFeatures features_;
  bool authenticated_ = false;
  bool open_ = false;
  bool over_ = false;   // nothing more can be read or written
  bool stale_ = false;  // the server spoke or closed while the connection was idle
  bool needsReset_ = false;
  bool wasDead_ = false;
  bool used_ = false;
  MonoTime lastUsed_{};
  OneShot<bool>* waiting_ = nullptr;
};

}  // namespace tidings::http
