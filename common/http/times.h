// The times of one request or mail.
#pragma once

#include "base/clock.h"

namespace tidings::http {

struct Times {
  Deadline end;         // of the whole transaction
  Deadline handOverBy;  // later than this the request, or the mail itself, is not begun

  static Times of(const Clock& clock, Deadline end);
};

}  // namespace tidings::http
