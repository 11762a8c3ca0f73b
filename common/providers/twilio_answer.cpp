#include "providers/twilio_answer.h"

#include <algorithm>

#include "json/write.h"
#include "notification/json_text.h"
#include "providers/outcomes.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;
using K = OutcomeKind;

struct Row {
  int code;
  OutcomeKind kind;
  std::chrono::seconds retryAfter = 0s;  // 0: none
};

// Sorted by code.
constexpr Row rows[] = {
    {10001, K::auth},            // account not active
    {14107, K::throttled, 30s},  // over 30 messages between two numbers in 30 s
    {20001, K::permanent},
    {20003, K::auth},  // authentication
    {20005, K::auth},  // account not active
    {20006, K::auth},  // access denied
    {20008, K::auth},  // test credentials
    {20010, K::auth},
    {20403, K::auth},
    {20404, K::auth},           // wrong AccountSid in the path
    {20409, K::transient},      // conflict
    {20429, K::throttled, 1s},  // too many concurrent requests
    {20500, K::transient},
    {20503, K::transient},
    {21211, K::recipientGone},  // invalid number
    {21212, K::auth},           // invalid sender
    {21219, K::auth},           // trial account, unverified number
    // Only for that country: as `auth` it would stop the messages to all others, too.
    {21408, K::permanent},
    {21421, K::recipientGone},  // invalid number
    {21601, K::auth},
    {21602, K::permanent},  // no body
    {21603, K::permanent},  // no sender
    {21604, K::permanent},  // no recipient
    {21605, K::tooLarge},
    {21606, K::auth},
    {21607, K::auth},
    {21608, K::auth},             // trial account, unverified number
    {21609, K::permanent},        // bad status callback
    {21610, K::recipientGone},    // replied STOP; START brings it back
    {21611, K::throttled, 120s},  // the sender's queue is full
    {21612, K::permanent},        // this pair of numbers is not reachable
    {21614, K::recipientGone},    // not a mobile number
    {21616, K::auth},
    {21617, K::tooLarge},  // over 1600 characters
    {21618, K::permanent},
    {21619, K::permanent},
    {21620, K::permanent},  // bad media URL
    {21621, K::auth},
    {21622, K::auth},
    {21623, K::permanent},      // too many media
    {21624, K::permanent},      // validity period
    {21635, K::recipientGone},  // landline
    {21654, K::permanent},
    {21655, K::permanent},
    {21656, K::permanent},  // content templates
    {21659, K::auth},
    {21660, K::auth},
    {21661, K::auth},
    {21701, K::auth},
    {21702, K::auth},
    {21703, K::auth},
    {21704, K::auth},
    {21705, K::auth},
    {21709, K::auth},
    {21711, K::auth},
    {21712, K::auth},              // sender or messaging service set-up
    {30001, K::throttled, 120s},   // queue overflow
    {30002, K::auth},              // account suspended
    {30003, K::transient, 7200s},  // handset off or out of reach
    {30004, K::permanent},         // blocked
    {30005, K::recipientGone},     // unknown handset
    {30006, K::recipientGone},     // landline or unreachable carrier
    {30007, K::permanent},         // filtered
    {30008, K::unknown},           // may have been delivered
    {30010, K::permanent},         // price
    {30011, K::permanent},         // MMS region
    {30012, K::permanent},         // TTL
    {30017, K::transient},         // carrier congestion
    {30018, K::auth},
    {30019, K::tooLarge},            // too big for the carrier
    {30022, K::throttled, 60s},      // 10DLC rate
    {30023, K::throttled, 43'200s},  // 10DLC daily cap
    {30024, K::auth},
    {30027, K::throttled, 43'200s},  // daily cap of a carrier
    {30032, K::auth},
    {30033, K::auth},
    {30034, K::auth},
    {30035, K::auth},       // sender registration
    {30036, K::permanent},  // expired in the queue
    {30038, K::permanent},  // blocked
    {30044, K::tooLarge},   // trial account, too many segments
    {30045, K::permanent},  // validity
    {30410, K::unknown},    // provider timeout
    {30440, K::auth},
    {30450, K::transient, 1800s},  // suspected pumping
    {30500, K::transient},
    {30610, K::permanent},
    {30620, K::permanent},
    {30630, K::recipientGone},  // replied STOP
    {63018, K::throttled},      // channel rate limit
    {90007, K::permanent},      // validity
    {90010, K::auth},           // account not active
};

static_assert(std::is_sorted(std::begin(rows), std::end(rows),
                             [](const Row& a, const Row& b) { return a.code < b.code; }));

// A number, or a text of digits.
int codeOf(JsonValue root, std::string_view field) {
  const JsonValue found = root.find(field);
  std::string text(root.textOf(field));
  if (found.isInteger()) appendJsonNumber(text, found);
  if (text.empty() || text.size() > 6 ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    return 0;
  }
  return std::stoi(text);
}

void apply(Outcome& outcome, int code, const http::Response& response) {
  const auto meaning = meaningOfTwilioCode(code);
  outcome.code = std::to_string(code);
  if (!meaning) return;
  outcome.kind = meaning->kind;
  if (outcome.kind == OutcomeKind::unknown) outcome.nothingSent = false;
  outcome.retryAfter = response.retryAfter ? response.retryAfter : meaning->retryAfter;
}

// 2xx: taken, unless it says in the same breath that it failed.
Outcome accepted(const http::Response& response, JsonValue root) {
  const std::string_view sid = root.textOf("sid"), status = root.textOf("status");
  if (sid.empty()) return fromStatus(response);
  const bool failed = status == "failed" || status == "undelivered" || status == "canceled";
  Outcome outcome = outcomeOf(failed ? OutcomeKind::permanent : OutcomeKind::sent, "", "");
  outcome.providerMessageId = sid;
  if (failed) {
    if (const int code = codeOf(root, "error_code"); code != 0) apply(outcome, code, response);
    outcome.error = "status " + std::string(status) + " " + outcome.code + ": " +
                    std::string(root.textOf("error_message"));
    outcome.nothingSent = outcome.kind != OutcomeKind::unknown;
  }
  return outcome;
}

}  // namespace

std::optional<TwilioMeaning> meaningOfTwilioCode(int code) {
  const auto* row = std::lower_bound(std::begin(rows), std::end(rows), code,
                                     [](const Row& r, int wanted) { return r.code < wanted; });
  if (row == std::end(rows) || row->code != code) return std::nullopt;
  TwilioMeaning meaning{row->kind};
  if (row->retryAfter > 0s) meaning.retryAfter = row->retryAfter;
  return meaning;
}

Outcome classifyTwilio(const http::Response& response) {
  if (response.transport != http::Transport::ok) return fromTransport(response);
  const auto body = notification::parseMessage(response.body);
  const JsonValue root = body ? body->root() : JsonValue();
  if (response.status >= 200 && response.status < 300) return accepted(response, root);
  Outcome outcome = fromStatus(response);
  const int code = codeOf(root, "code");
  if (code != 0) {
    const bool known = meaningOfTwilioCode(code).has_value();
    apply(outcome, code, response);
    const bool byStatus =
        response.status == 401 || response.status == 403 || response.status == 404;
    if (!known && response.status >= 400 && response.status < 500 && response.status != 429 &&
        !byStatus) {
      outcome.kind = OutcomeKind::permanent;
    }
    outcome.error = "HTTP status " + std::to_string(response.status) + ", code " + outcome.code +
                    ": " + std::string(root.textOf("message"));
  }
  if (outcome.kind == OutcomeKind::throttled && !outcome.retryAfter) outcome.retryAfter = 1s;
  return outcome;
}

}  // namespace tidings::providers
