// A broker in the test's own loop that says yes to everything, but for what a test makes it do: a
// real one can't be made to act at a chosen moment.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "amqp/settings.h"
#include "amqp/socket.h"
#include "runtime/loop.h"

namespace tidings::queue {

class FakeBroker {
 public:
  // What a client may send and a broker may send, as class and method.
  static constexpr uint32_t connectionClose = 0x000A0032, channelClose = 0x00140028,
                            declare = 0x0032000A, consume = 0x003C0014, cancel = 0x003C001E,
                            publish = 0x003C0028, returned = 0x003C0032, deliver = 0x003C003C,
                            ack = 0x003C0050;
  // Called for each method that comes in; true when it is dealt with.
  using OnMethod = std::function<bool(FakeBroker& self, uint16_t channel, uint32_t method)>;

  FakeBroker(Loop& loop, OnMethod onMethod);
  ~FakeBroker();

  amqp::Settings settings() const;
  void sendMethod(uint16_t channel, uint32_t method, std::string_view arguments);
  void sendContent(uint16_t channel, std::string_view body);
  // How often it came in.
  int count(uint32_t method) const;

 private:
  void accept();
  void read();
  void take(uint16_t channel, uint32_t method);
  void send(const std::string& bytes);

  Loop& loop_;
  OnMethod onMethod_;
  amqp::Descriptor listener_, client_;
  std::unique_ptr<FdWatch> listenerWatch_, clientWatch_;
  std::string in_;
  std::map<uint32_t, int> counts_;
};

}  // namespace tidings::queue
