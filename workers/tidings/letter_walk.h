// Walks through the dead letters of one type that were there when it began, oldest first, and
// leaves them where they are but for those that are acked.
//
// A letter that has gone back so often that the broker might soon drop it is sent to its queue anew
// and the worn one acked; so looking at dead letters never costs one.
#pragma once

#include <optional>
#include <string>

#include "letter_info.h"
#include "queue/dead_letters.h"
#include "session.h"

namespace tidings::cli {

struct FoundLetter {
  queue::DeadLetter letter;
  LetterInfo info;
};

// A connection for publishing, made when first needed.
class LazyPublisher {
 public:
  LazyPublisher(Session& session, const config::Config& config, amqp::Settings settings)
      : session_(session), config_(config), settings_(std::move(settings)) {}
  Task<Status> publish(queue::Outgoing message);
  Task<Status> connect();
  Task<void> close();

 private:
  Session& session_;
  const config::Config& config_;
  const amqp::Settings settings_;
  std::optional<ConnectedPublisher> publisher_;
};

class LetterWalk {
 public:
  LetterWalk(Session& session, const amqp::Settings& settings, LazyPublisher& publisher,
             std::string type, const LetterFilter& filter);

  // How many letters there are; at most that many are walked through. Error{invalid} where there is
  // no such queue.
  Task<Result<uint64_t>> open();
  // The next one that the filter means; nullopt after the last. `most`: how many the caller still
  // takes.
  Task<Result<std::optional<FoundLetter>>> next(uint64_t most);
  // Done with. False when the connection is gone: the letter stays.
  bool ack(const queue::DeadLetter& letter);
  // Only looked at: stays.
  Task<Status> passOver(const queue::DeadLetter& letter);
  Task<Status> close();

  uint64_t total() const { return total_; }
  uint64_t seen() const { return seen_; }

 private:
  Session& session_;
  LazyPublisher& publisher_;
  const std::string type_;
  const LetterFilter& filter_;
  queue::DeadLetters letters_;
  uint64_t total_ = 0;
  uint64_t seen_ = 0;
};

}  // namespace tidings::cli
