// The times of one mail.
#pragma once

#include "base/clock.h"

namespace tidings::http {

struct MailTimes {
  Deadline end;         // of the whole transaction
  Deadline handOverBy;  // later than this the mail itself is not begun

  static MailTimes of(const Clock& clock, Deadline end);
};

}  // namespace tidings::http
