#include "store/job_claim.h"

#include <algorithm>

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

bool endsRecord(const std::vector<ClaimAnswer>& answers) {
  return std::any_of(answers.begin(), answers.end(), [](const ClaimAnswer& answer) {
    const Verdict verdict = answer.verdict;
    return verdict == Verdict::claimed || verdict == Verdict::takenOver ||
           verdict == Verdict::skipped || verdict == Verdict::suspect;
  });
}

}  // namespace tidings::store
