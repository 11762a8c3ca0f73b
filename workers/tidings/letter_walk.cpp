#include "letter_walk.h"

#include <algorithm>
#include <coroutine>

#include "queue/topology.h"

namespace tidings::cli {
namespace {

constexpr Millis letterPatience{20'000};
constexpr uint64_t breathEvery = 32;

// Lets the loop run. Also keeps the stack flat in builds without tail calls, where each coroutine
// that ends without having waited leaves a frame behind.
struct Breath {
  Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> frame) const { loop.post(frame); }
  void await_resume() const noexcept {}
};

queue::DeadLetters::Options optionsFor(const amqp::Settings& settings, const std::string& type) {
  queue::DeadLetters::Options options;
  options.amqp = settings;
  options.queue = queue::deadQueue(type);
  return options;
}

}  // namespace

Task<Status> LazyPublisher::connect() {
  if (publisher_) co_return done;
  publisher_.emplace(session_, config_, settings_);
  co_return co_await publisher_->connect();
}

Task<Status> LazyPublisher::publish(queue::Outgoing message) {
  Status connected = co_await connect();
  if (!connected.ok()) co_return connected.error();
  const Deadline deadline = session_.within(publishPatience);
  co_return co_await publisher_->get().publish(std::move(message), deadline);
}

Task<void> LazyPublisher::close() {
  if (publisher_) co_await publisher_->close();
}

LetterWalk::LetterWalk(Session& session, const amqp::Settings& settings, LazyPublisher& publisher,
                       std::string type, const LetterFilter& filter)
    : session_(session),
      publisher_(publisher),
      type_(std::move(type)),
      filter_(filter),
      letters_(session.loop(), optionsFor(settings, type_)) {}

Task<Result<uint64_t>> LetterWalk::open() {
  const Deadline deadline = session_.within(connectPatience);
  const auto count = co_await letters_.open(deadline);
  if (count.ok()) total_ = *count;
  co_return count;
}

Task<Result<std::optional<FoundLetter>>> LetterWalk::next(uint64_t most) {
  while (seen_ < total_ && !session_.stop().stop_requested()) {
    const Deadline deadline = session_.within(letterPatience);
    auto letter = co_await letters_.next(std::min(most, total_ - seen_), deadline);
    if (!letter.ok()) co_return letter.error();
    if (!*letter) break;
    if (++seen_ % breathEvery == 0) co_await Breath{session_.loop()};
    FoundLetter found{std::move(**letter), {}};
    found.info = describe(type_, found.letter);
    if (filter_.matches(found.info)) co_return std::optional<FoundLetter>(std::move(found));
    if (!queue::wearsOut(found.letter)) continue;
    const Status passed = co_await passOver(found.letter);
    if (!passed.ok()) co_return passed.error();
  }
  co_return std::optional<FoundLetter>();
}

bool LetterWalk::ack(const queue::DeadLetter& letter) { return letters_.ack(letter.tag); }

Task<Status> LetterWalk::passOver(const queue::DeadLetter& letter) {
  if (!queue::wearsOut(letter)) co_return done;
  queue::Outgoing copy;
  copy.routingKey = queue::deadQueue(type_);
  copy.body = letter.body;
  copy.properties = letter.properties;
  std::erase_if(copy.properties.headers,
                [](const auto& header) { return header.first == "x-delivery-count"; });
  Status sent = co_await publisher_.publish(std::move(copy));
  if (sent.ok()) letters_.ack(letter.tag);  // the copy stands behind those that are walked through
  co_return sent;
}

Task<Status> LetterWalk::close() {
  const Deadline deadline = session_.within(goodbyePatience);
  co_return co_await letters_.close(deadline);
}

}  // namespace tidings::cli
