// What holds for the answers of all providers: transport results, statuses without a row of their
// own, error texts without secrets. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "notification/outcome.h"

namespace tidings::providers {

using notification::Outcome;
using notification::OutcomeKind;

// An Outcome of this kind with the things that follow from the kind.
Outcome outcomeOf(OutcomeKind kind, std::string code, std::string error);

// The code of what waited too long for a place of ours (`concurrency`): the provider was not asked.
inline constexpr std::string_view kNoPlace = "no_free_place";
Outcome noPlace(std::string error);

// Precondition: the transport is not ok. The code is "transport_…".
Outcome fromTransport(const http::Response& response);

// By the HTTP status alone: the last resort, when the provider's own words say nothing. Statuses
// below 300 are `unknown`: something accepted the request, but not in the provider's words.
Outcome fromStatus(const http::Response& response);

// Whether a 5xx proves that the provider did not take the message: only 503 does.
bool mayHaveBeenTaken(int status);

// Takes known secrets out of texts, then makes them clean and short.
class Redactor {
 public:
  // Secrets shorter than 4 bytes are no secrets.
  void add(std::string secret);
  std::string clean(std::string_view text) const;
  void clean(Outcome& outcome) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace tidings::providers
