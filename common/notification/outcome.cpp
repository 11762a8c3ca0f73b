#include "notification/outcome.h"

namespace tidings::notification {

std::string_view toString(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::sent:
      return "sent";
    case OutcomeKind::transient:
      return "transient";
    case OutcomeKind::throttled:
      return "throttled";
    case OutcomeKind::permanent:
      return "permanent";
    case OutcomeKind::recipientGone:
      return "recipient_gone";
    case OutcomeKind::auth:
      return "auth";
    case OutcomeKind::tooLarge:
      return "too_large";
    case OutcomeKind::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace tidings::notification
