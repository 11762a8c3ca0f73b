#include "providers/fcm_answer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/plain_text.h"
#include "notification/json_text.h"
#include "providers/outcomes.h"

namespace tidings::providers {
namespace {

using nlohmann::json;

constexpr Millis quotaPause = std::chrono::seconds{60};
constexpr Millis firstRetry = std::chrono::seconds{10};

struct FcmError {
  std::string status, message;  // "NOT_FOUND", for people
  std::string errorCode;        // FcmError's
  std::string apnsReason;       // ApnsError's
  int apnsStatus = 0;
  bool violations = false;  // BadRequest.fieldViolations
};

std::string textOf(const json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

void readDetail(const json& detail, FcmError& error) {
  if (!detail.is_object()) return;
  const std::string type = textOf(detail, "@type");
  if (type.ends_with("FcmError")) error.errorCode = textOf(detail, "errorCode");
  if (type.ends_with("ApnsError")) {
    error.apnsReason = textOf(detail, "reason");
    const auto status = detail.find("statusCode");
    if (status != detail.end() && status->is_number_integer())
      error.apnsStatus = status->get<int>();
  }
  if (type.ends_with("BadRequest")) {
    const auto list = detail.find("fieldViolations");
    error.violations = list != detail.end() && list->is_array() && !list->empty();
  }
}

FcmError read(const std::string& body) {
  FcmError error;
  const auto root = notification::parseJson(body);
  if (!root.ok() || !root->is_object()) return error;
  const auto found = root->find("error");
  if (found == root->end() || !found->is_object()) return error;
  error.status = textOf(*found, "status");
  error.message = textOf(*found, "message");
  const auto details = found->find("details");
  if (details == found->end() || !details->is_array()) return error;
  for (const json& detail : *details) readDetail(detail, error);
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

std::string_view withoutBlanks(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  return text;
}

// The name in {"name": "…"}, as FCM always says it; empty for whatever looks different.
std::string_view plainName(std::string_view body) {
  for (const std::string_view word : {"{", "\"name\"", ":", "\""}) {
    body = withoutBlanks(body);
    if (!body.starts_with(word)) return {};
    body.remove_prefix(word.size());
  }
  const std::string_view name = body.substr(0, quotablePrefix(body));
  body.remove_prefix(name.size());
  if (!body.starts_with('"')) return {};
  body = withoutBlanks(body.substr(1));
  return body.starts_with('}') && withoutBlanks(body.substr(1)).empty() ? name : std::string_view{};
}

std::string nameOf(const std::string& body) {
  if (const auto name = plainName(body); !name.empty()) return std::string(name);
  const auto root = notification::parseJson(body);
  return root.ok() && root->is_object() ? textOf(*root, "name") : std::string{};
}

Outcome accepted(const http::Response& response) {
  std::string name = nameOf(response.body);
  if (name.empty()) return fromStatus(response);
  Outcome outcome = outcomeOf(OutcomeKind::sent, "", "");
  outcome.providerMessageId = std::move(name);
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
