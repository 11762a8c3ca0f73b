// From job and template to the message that a provider is given.
#pragma once

#include "base/result.h"
#include "delivery/attempt.h"
#include "providers/provider.h"

namespace tidings::delivery {

// Error{invalid} when a strict template misses a variable or a template breaks its bounds. The
// result points into context.job.
Result<providers::OutboundMessage> compose(const JobContext& context,
                                           const notification::Target& target);

}  // namespace tidings::delivery
