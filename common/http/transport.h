// How libcurl's result codes are read. Pure, so that every row has a test without a network.
#pragma once

#include "http/message.h"

namespace tidings::http {

// What is known when a transfer has ended.
struct Ending {
  int code = 0;              // CURLcode
  bool sent = false;         // at least one byte of the request left
  bool statusKnown = false;  // a whole status line came
  bool stoppedByUs = false;  // the answer grew over its cap and reading was stopped
  bool wholeAnswer = false;  // it came to its end, whatever happened to the rest of the request
};

Transport classify(const Ending& ending);
// What is not sent because no time is left for its answer.
Response tooLate();

// The part of a Retry-After that is taken seriously: 0 … 24 h; nullopt for absent (0).
std::optional<Millis> retryAfterOf(long long seconds);
// The same from the header's text: seconds, or a date.
std::optional<Millis> retryAfterOf(const std::string& header, WallTime now);

}  // namespace tidings::http
