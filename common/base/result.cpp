#include "base/result.h"

namespace tidings {

std::string_view toString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::transient:
      return "transient";
    case ErrorKind::throttled:
      return "throttled";
    case ErrorKind::permanent:
      return "permanent";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::unreachable:
      return "unreachable";
    case ErrorKind::uncertain:
      return "uncertain";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

bool isRetryable(ErrorKind kind) {
  return kind == ErrorKind::transient || kind == ErrorKind::throttled ||
         kind == ErrorKind::unreachable || kind == ErrorKind::timeout;
}

}  // namespace tidings
