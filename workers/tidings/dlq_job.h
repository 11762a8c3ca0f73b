// What the dlq commands have in common: settings, the queues that are meant, the connections.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "commands.h"
#include "letter_walk.h"

namespace tidings::cli {

class DlqJob {
 public:
  // Which types a filter may name. The letters of one that is configured no more are still there to
  // be looked at and dropped; replayed, they would wait for a worker that doesn't come.
  enum class Types { any, configured };
  // Error{invalid}: the settings or the filter are wrong, such as a type that is neither configured
  // nor has dead letters. A server that can't be asked for those is met again by what follows.
  static Result<std::unique_ptr<DlqJob>> make(const Environment& env, const LetterFilter& filter,
                                              Types which = Types::any);

  DlqJob(const Environment& on, config::Config with, amqp::Settings to, LetterFilter meant,
         std::vector<std::string> of);

  // Looks at every letter the filter means, up to its limit; all stay. `look` returns false where
  // one doesn't count towards the limit.
  using Look = std::function<bool(const FoundLetter&)>;
  Task<Status> lookAtAll(Look look) { return lookAtAll(std::move(look), false); }
  // The same where `look` prints: no progress bar among the letters on a terminal, and it stops
  // when the output can't be written: Error{permanent}.
  Task<Status> printAll(Look look) { return lookAtAll(std::move(look), true); }

  const Environment& env;
  const config::Config config;
  const amqp::Settings settings;
  const LetterFilter filter;
  const std::vector<std::string> types;
  Session session;
  LazyPublisher publisher;

 private:
  Task<Status> checkTypes();
  Task<Status> lookAtAll(Look look, bool prints);
  Task<Status> lookAt(const std::string& type, const Look& look, bool prints);
  Status written() const;
  uint64_t looked_ = 0;
};

// How many more the limit allows.
uint64_t leftOf(const LetterFilter& filter, uint64_t taken);

}  // namespace tidings::cli
