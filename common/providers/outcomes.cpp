#include "providers/outcomes.h"

#include <algorithm>

#include "base/utf8.h"

namespace tidings::providers {
namespace {

constexpr size_t maxError = 512;
constexpr size_t maxCode = 64;

OutcomeKind kindOfStatus(int status) {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 404:  // our URLs name an endpoint, never the recipient
    case 407:
    case 410:
      return OutcomeKind::auth;
    case 408:
    case 409:
    case 421:
    case 425:
      return OutcomeKind::transient;
    case 413:
      return OutcomeKind::tooLarge;
    case 429:
      return OutcomeKind::throttled;
    case 501:
    case 505:
      return OutcomeKind::permanent;
    default:
      break;
  }
  if (status < 300) return OutcomeKind::unknown;
  if (status < 400) return OutcomeKind::auth;  // never followed: credentials would go elsewhere
  return status < 500 ? OutcomeKind::permanent : OutcomeKind::transient;
}

void replaceAll(std::string& text, const std::string& secret) {
  for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

Outcome outcomeOf(OutcomeKind kind, std::string code, std::string error) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.code = std::move(code);
  outcome.error = std::move(error);
  outcome.nothingSent = kind != OutcomeKind::sent && kind != OutcomeKind::unknown;
  return outcome;
}

Outcome noPlace(std::string error) {
  Outcome outcome = outcomeOf(OutcomeKind::throttled, std::string(kNoPlace), std::move(error));
  outcome.retryAfter = Millis{1'000};
  return outcome;
}

Outcome fromTransport(const http::Response& response) {
  if (response.transport == http::Transport::busy) return noPlace(response.error);
  const auto kind = [&] {
    switch (response.transport) {
      case http::Transport::notSent:
        return OutcomeKind::transient;
      case http::Transport::tls:
        return OutcomeKind::auth;
      case http::Transport::broken:
        return OutcomeKind::permanent;
      default:
        return OutcomeKind::unknown;
    }
  }();
  return outcomeOf(kind, "transport_" + std::string(toString(response.transport)), response.error);
}

bool mayHaveBeenTaken(int status) { return status >= 500 && status != 503; }

Outcome fromStatus(const http::Response& response) {
  const std::string number = std::to_string(response.status);
  Outcome outcome =
      outcomeOf(kindOfStatus(response.status), "http_" + number, "HTTP status " + number);
  if (mayHaveBeenTaken(response.status)) outcome.nothingSent = false;
  outcome.retryAfter = response.retryAfter;
  return outcome;
}

void Redactor::add(std::string secret) {
  if (secret.size() < 4) return;
  secrets_.push_back(std::move(secret));
  // The longest first, so that no tail of it stays when another is a part of it.
  std::sort(secrets_.begin(), secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactor::clean(std::string_view text) const {
  std::string copy(text.substr(0, size_t{16} * 1024));
  for (const std::string& secret : secrets_) replaceAll(copy, secret);
  return cleanText(copy, maxError);
}

void Redactor::clean(Outcome& outcome) const {
  outcome.error = clean(outcome.error);
  outcome.code = cleanText(clean(outcome.code), maxCode);
}

}  // namespace tidings::providers
