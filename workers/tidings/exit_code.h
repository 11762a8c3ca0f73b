// What the program tells its caller. Public: scripts depend on it.
#pragma once

#include "base/result.h"

namespace tidings::cli {

enum class ExitCode { ok = 0, failed = 1, usage = 2, unreachable = 3 };

// Of an error while working; `invalid` settings never get that far.
inline ExitCode exitCodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unreachable:
    case ErrorKind::timeout:
    case ErrorKind::transient:
    case ErrorKind::uncertain:
      return ExitCode::unreachable;
    default:
      return ExitCode::failed;
  }
}

}  // namespace tidings::cli
