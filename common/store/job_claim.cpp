#include "store/job_claim.h"

namespace tidings::store {

std::string_view toString(Verdict verdict) {
  switch (verdict) {
    case Verdict::claimed:
      return "claimed";
    case Verdict::takenOver:
      return "taken_over";
    case Verdict::skipped:
      return "skipped";
    case Verdict::duplicate:
      return "duplicate";
    case Verdict::capped:
      return "capped";
    case Verdict::busy:
      return "busy";
    case Verdict::followUp:
      return "follow_up";
    case Verdict::suspect:
      return "suspect";
    case Verdict::poison:
      return "poison";
  }
  return "unknown";
}

}  // namespace tidings::store
