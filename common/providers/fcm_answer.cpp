#include "providers/fcm_answer.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "notification/json_text.h"
#include "providers/outcomes.h"

namespace tidings::providers {
namespace {

constexpr Millis quotaPause = std::chrono::seconds{60};
constexpr Millis firstRetry = std::chrono::seconds{10};

struct FcmError {
  std::string status, message;  // "NOT_FOUND", for people
  std::string errorCode;        // FcmError's
  std::string apnsReason;       // ApnsError's
  int apnsStatus = 0;
  bool violations = false;  // BadRequest.fieldViolations
};

int intOf(JsonValue value) {
  const bool small =
      value.kind() == JsonKind::unsignedInteger && value.unsignedInteger() < 1'000'000;
  return small ? static_cast<int>(value.unsignedInteger()) : 0;
}

void readDetail(JsonValue detail, FcmError& error) {
  const std::string_view type = detail.textOf("@type");
  if (type.ends_with("FcmError")) error.errorCode = detail.textOf("errorCode");
  if (type.ends_with("ApnsError")) {
    error.apnsReason = detail.textOf("reason");
    error.apnsStatus = intOf(detail.find("statusCode"));
  }
  if (type.ends_with("BadRequest")) error.violations = detail.find("fieldViolations").size() > 0;
}

FcmError read(const std::string& body) {
  FcmError error;
  const auto parsed = notification::parseMessage(body);
  if (!parsed) return error;
  const JsonValue found = parsed->root().find("error");
  error.status = found.textOf("status");
  error.message = found.textOf("message");
  for (const JsonValue detail : found.find("details").items()) readDetail(detail, error);
  return error;
}

bool oneOf(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool contains(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
         }) != text.end();
}

OutcomeKind kindOfInvalidArgument(const FcmError& error) {
  if (contains(error.message, "registration token")) return OutcomeKind::recipientGone;
  if (contains(error.message, "too big") || contains(error.message, "too large") ||
      contains(error.message, "exceeds")) {
    return OutcomeKind::tooLarge;
  }
  return OutcomeKind::permanent;
}

std::optional<OutcomeKind> kindOfApns(const FcmError& error) {
  if (error.apnsStatus == 410 ||
      oneOf(error.apnsReason,
            {"Unregistered", "BadDeviceToken", "ExpiredToken", "DeviceTokenNotForTopic"})) {
    return OutcomeKind::recipientGone;
  }
  if (oneOf(error.apnsReason,
            {"InvalidProviderToken", "ExpiredProviderToken", "MissingProviderToken",
             "BadEnvironmentKeyInToken", "BadEnvironmentKeyIdInToken", "BadCertificate",
             "BadCertificateEnvironment", "Forbidden", "TopicDisallowed"})) {
    return OutcomeKind::auth;
  }
  return std::nullopt;
}

// By FCM's own code if there is one, else by the status word.
std::optional<OutcomeKind> kindOfWord(const FcmError& error) {
  const std::string_view word = error.errorCode.empty() ? error.status : error.errorCode;
  if (word == "UNREGISTERED") return OutcomeKind::recipientGone;
  if (word == "SENDER_ID_MISMATCH") return OutcomeKind::recipientGone;  // another project's token
  if (word == "INVALID_ARGUMENT") return kindOfInvalidArgument(error);
  if (oneOf(word, {"THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR", "UNAUTHENTICATED",
                   "PERMISSION_DENIED", "NOT_FOUND"})) {
    return OutcomeKind::auth;
  }
  if (oneOf(word, {"QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"})) return OutcomeKind::throttled;
  if (oneOf(word, {"INTERNAL", "UNAVAILABLE"})) return OutcomeKind::transient;
  return std::nullopt;
}

Outcome accepted(const http::Response& response) {
  const auto body = notification::parseMessage(response.body);
  const std::string_view name = body ? body->root().textOf("name") : std::string_view{};
  if (name.empty()) return fromStatus(response);
  Outcome outcome = outcomeOf(OutcomeKind::sent, "", "");
  outcome.providerMessageId = name;
  return outcome;
}

void pace(Outcome& outcome, const http::Response& response) {
  if (outcome.kind == OutcomeKind::throttled) {
    outcome.retryAfter = std::max(response.retryAfter.value_or(quotaPause), quotaPause);
  } else if (outcome.kind == OutcomeKind::transient) {
    outcome.retryAfter = std::max(response.retryAfter.value_or(firstRetry), firstRetry);
  }
}

}  // namespace

Outcome classifyFcm(const http::Response& response) {
  if (response.transport != http::Transport::ok) return fromTransport(response);
  if (response.status >= 200 && response.status < 300) return accepted(response);
  const FcmError error = read(response.body);
  Outcome outcome = fromStatus(response);
  std::optional<OutcomeKind> kind = kindOfApns(error);
  if (!kind) kind = kindOfWord(error);
  if (kind) outcome.kind = *kind;
  if (!error.apnsReason.empty() && kind == kindOfApns(error)) {
    outcome.code = error.apnsReason;
  } else if (!error.errorCode.empty()) {
    outcome.code = error.errorCode;
  } else if (!error.status.empty()) {
    outcome.code = error.status;
  } else if (response.status == 401) {
    outcome.code = kFcmUnauthenticated;
  }
  outcome.error =
      "HTTP status " + std::to_string(response.status) + " " + outcome.code + ": " + error.message;
  pace(outcome, response);
  return outcome;
}

}  // namespace tidings::providers
