// What FCM, its token endpoint and Twilio, or a proxy before them, may answer.
#include <cstdlib>

#include "base/utf8.h"
#include "providers/access_token.h"
#include "providers/fcm_answer.h"
#include "providers/outcomes.h"
#include "providers/twilio_answer.h"

namespace {

using namespace tidings;

// Whatever came, the outcome must be fit for a log line and a column.
void check(providers::Outcome outcome) {
  const providers::Redactor redactor;
  redactor.clean(outcome);
  if (outcome.error.size() > 512 || outcome.code.size() > 64) std::abort();
  if (findInvalidUtf8(outcome.error) || findInvalidUtf8(outcome.code)) std::abort();
  if (outcome.kind == providers::OutcomeKind::sent && outcome.providerMessageId.empty()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  http::Response response;
  response.transport = http::Transport::ok;
  response.status = 200 + (data[0] << 1) % 400 + (data[1] & 1);
  if ((data[1] & 2) != 0) response.retryAfter = Millis{data[1] * 100};
  response.body.assign(reinterpret_cast<const char*>(data + 2), size - 2);
  check(providers::classifyFcm(response));
  check(providers::classifyTwilio(response));
  const providers::TokenAnswer token = providers::classifyToken(response);
  if (token.token.find_first_of("\r\n") != std::string::npos) std::abort();
  if (token.token.empty()) check(token.failure);
  return 0;
}
