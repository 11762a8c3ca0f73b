// What we answer when the broker introduces itself and says how much it takes. Pure; appends one
// frame to `out`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "amqp/methods.h"
#include "amqp/settings.h"

namespace tidings::amqp {

inline constexpr size_t wantedFrame = 131'072;

struct Limits {
  size_t frame = wantedFrame;  // bytes
  uint16_t channels = 2047;
  std::chrono::seconds heartbeat{0};  // none before it is agreed on
};

// Logs in with the certificate where there is no password and the broker lets us.
void answerStart(std::string& out, const Start& start, const Settings& settings,
                 const Endpoint& endpoint);
// The lower of both sides' limits.
Limits answerTune(std::string& out, const Tune& tune, const Settings& settings);

}  // namespace tidings::amqp
