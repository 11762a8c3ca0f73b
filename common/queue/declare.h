// Asking for and declaring single objects over a connection. A refusal closes the channel it came
// on, so the Declarer opens another when needed.
#pragma once

#include <memory>
#include <string>

#include "amqp/connection.h"

namespace tidings::queue {

class Declarer final : public amqp::ChannelListener {
 public:
  explicit Declarer(amqp::Connection& connection) : connection_(connection) {}
  ~Declarer() override;

  // Errors as of amqp::Channel.
  Task<Status> exchange(std::string name, std::string type);
  Task<Result<amqp::Answer>> queue(amqp::QueueSpec spec);
  Task<Status> bind(std::string queue, std::string exchange, std::string key);
  // True when it exists, with whatever properties.
  Task<Result<bool>> exists(std::string queue);
  // Declares the queue, plain and durable, unless it exists in whatever form.
  Task<Status> ensure(std::string queue);
  Task<void> close();

 private:
  Task<Status> open();

  amqp::Connection& connection_;
  std::shared_ptr<amqp::Channel> channel_;
};

}  // namespace tidings::queue
