// Connection: one AMQP connection, driven by the loop without ever blocking it. Frames are read and
// written through buffers of its own; what a turn of the loop produces goes out in one write at its
// end. Once lost, it stays lost: its owner makes another (link.h).
//
// Owner: a Link. Loop thread only. Must not be destroyed from within one of its own callbacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "amqp/channel.h"
#include "amqp/counters.h"
#include "amqp/frame.h"
#include "amqp/handshake.h"
#include "amqp/methods.h"
#include "amqp/settings.h"
#include "amqp/socket.h"
#include "runtime/loop.h"
#include "runtime/one_shot.h"

namespace tidings::amqp {

class Connection {
 public:
  // Connects, secures, logs in. Errors: unreachable, transient; permanent when refused (bad
  // password, no such vhost, certificate). `settings` and `counters` outlive the connection.
  static Task<Result<std::unique_ptr<Connection>>> open(Loop& loop, const Settings& settings,
                                                        const Endpoint& endpoint,
                                                        Counters& counters, Deadline deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `listener` outlives the channel, or is detached from it.
  Task<Result<std::shared_ptr<Channel>>> openChannel(ChannelListener& listener);
  // Says goodbye; afterwards the connection is lost.
  Task<void> close(Deadline deadline);

  bool alive() const { return !lost_.has_value(); }
  // Why it is not alive.
  Error lostBy() const { return lost_.value_or(Error{ErrorKind::cancelled, "not lost"}); }
  // The broker asked not to publish on this connection.
  bool blocked() const { return blocked_; }
  // Bytes that the broker has not taken yet.
  size_t unsent() const { return out_.size() - sent_; }
  // Gives the connection up at once.
  void abandon(Error error) { fail(std::move(error)); }
  // Nothing is read while paused, and silence is no sign of death.
  void pauseReading(bool pause);

  // Set before anything can happen; called from the loop.
  std::function<void(const Error&)> onLost;
  std::function<void(bool blocked, std::string_view reason)> onBlocked;
  std::function<void()> onDrained;  // unsent() has come down to zero

 private:
  friend class Channel;
  Connection(Loop& loop, const Settings& settings, const Endpoint& endpoint, Counters& counters,
             std::unique_ptr<Socket> socket);

  // For channels: one more frame was appended to out().
  std::string& out() { return out_; }
  void wrote() { ++counters_.framesOut; }
  size_t frameMax() const { return limits_.frame; }
  Millis answerTimeout() const { return settings_.answerTimeout; }
  Loop& loop() { return loop_; }
  void fail(Error error);
  void forget(uint16_t channel) { channels_.erase(channel); }

  void onReady(bool readable, bool writable);
  void drain();
  void parse();
  bool onFrame(const Frame& frame);
  bool onLateFrame(const Frame& frame);
  bool onOwnMethod(const Method& method);
  void onStart(const Start& start);
  void onTune(const Tune& tune);
  void onClose(const Close& close);
  void flush();
  bool send();
  void everySecond();
  void watchFor();

  Loop& loop_;
  const Settings& settings_;
  const Endpoint& endpoint_;
  Counters& counters_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<FdWatch> watch_;
  uint64_t turnEnd_ = 0;
  TimerId timer_ = 0;

  std::string in_;  // size() is room; the bytes are from parsed_ to read_
  size_t parsed_ = 0, read_ = 0;
  std::string out_;
  size_t sent_ = 0;
  Limits limits_;
  MonoTime lastRead_, lastWrite_;

  MethodDecoder decoder_;
  std::unordered_map<uint16_t, std::shared_ptr<Channel>> channels_;
  uint16_t lastChannel_ = 0;
  std::shared_ptr<OneShot<Status>> opened_;
  std::shared_ptr<OneShot<bool>> closed_;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);  // posted calls look whether we live
  bool blocked_ = false, paused_ = false, greeted_ = false;
  std::optional<Error> lost_;
};

// Tries the endpoints one after the other, once each; the last one's error.
Task<Result<std::unique_ptr<Connection>>> connectAny(Loop& loop, const Settings& settings,
                                                     Counters& counters, Deadline deadline);

}  // namespace tidings::amqp
