#include "providers/smtp_answer.h"

#include <algorithm>

#include "providers/outcomes.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;
using http::MailAnswer;
using http::MailStage;
using http::MailTransport;

constexpr Millis ratePause = 60s;
constexpr Millis greylistPause = 5min;

bool oneOf(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
  const auto sameLetter = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return std::search(text.begin(), text.end(), word.begin(), word.end(), sameLetter) !=
           text.end();
  });
}

bool isAboutRate(const MailAnswer& answer) {
  if (answer.enhanced == "4.3.2") return true;
  if (answer.reply == 454) return mentions(answer.text, {"throttl"});
  if (answer.reply < 450 || answer.reply > 452) return false;
  return answer.enhanced.starts_with("4.7.") ||
         mentions(answer.text, {"rate limit", "rate-limit", "ratelimit", "too many", "too fast",
                                "throttl", "slow down"});
}

Outcome temporary(const MailAnswer& answer) {
  const bool greylisted = mentions(answer.text, {"greylist", "graylist", "grey list"});
  const bool rate = !greylisted && isAboutRate(answer);
  Outcome outcome = outcomeOf(rate ? OutcomeKind::throttled : OutcomeKind::transient, "", "");
  if (rate) outcome.retryAfter = ratePause;
  if (greylisted) outcome.retryAfter = greylistPause;
  return outcome;
}

bool isAboutLogin(const MailAnswer& answer) {
  if (answer.reply == 530 || answer.reply == 534 || answer.reply == 535 || answer.reply == 538) {
    return true;
  }
  return answer.enhanced == "5.7.8" ||
         (answer.enhanced == "5.7.0" && answer.stage == MailStage::from);
}

bool isAboutSize(const MailAnswer& answer) {
  if (oneOf(answer.enhanced, {"5.3.4", "5.2.3"})) return true;
  if (answer.reply != 552 || !answer.enhanced.empty()) return false;
  return answer.stage == MailStage::from ||
         mentions(answer.text, {"message size", "too large", "too big"});
}

// The relay does not take mail of ours, whoever it is for.
bool isAboutUs(const MailAnswer& answer) {
  const bool policy = answer.enhanced.starts_with("5.7.");
  const bool plain = answer.enhanced.empty();
  if (answer.stage == MailStage::from) {
    return policy || answer.reply == 553 || oneOf(answer.enhanced, {"5.1.7", "5.1.8"}) ||
           (plain && answer.reply == 550);
  }
  return (policy || plain) && mentions(answer.text, {"relay"});
}

OutcomeKind kindAtRecipient(const MailAnswer& answer) {
  if (!answer.enhanced.empty()) {
    const bool gone =
        oneOf(answer.enhanced, {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"});
    return gone ? OutcomeKind::recipientGone : OutcomeKind::permanent;
  }
  if (answer.reply != 550 && answer.reply != 551 && answer.reply != 553) {
    return OutcomeKind::permanent;
  }
  // Old servers say so in words alone when it is the mail that they don't want.
  const bool policy = mentions(
      answer.text, {"spam", "policy", "blacklist", "blocklist", "blocked", "reputation", "listed"});
  return policy ? OutcomeKind::permanent : OutcomeKind::recipientGone;
}

OutcomeKind kindOfPermanent(const MailAnswer& answer) {
  // Before MAIL it is not about any message.
  if (answer.stage == MailStage::connect || answer.stage == MailStage::auth) {
    return OutcomeKind::auth;
  }
  if (isAboutLogin(answer)) return OutcomeKind::auth;
  if (isAboutSize(answer)) return OutcomeKind::tooLarge;
  if (isAboutUs(answer)) return OutcomeKind::auth;
  return answer.stage == MailStage::recipient ? kindAtRecipient(answer) : OutcomeKind::permanent;
}

Outcome refused(const MailAnswer& answer) {
  // A reply that fits nothing. Behind the mail's last line it may mean anything.
  OutcomeKind kind =
      answer.stage == MailStage::data ? OutcomeKind::unknown : OutcomeKind::transient;
  if (answer.reply >= 400 && answer.reply < 500) return temporary(answer);
  if (answer.reply >= 500) kind = kindOfPermanent(answer);
  return outcomeOf(kind, "", "");
}

OutcomeKind kindOfTransport(MailTransport transport) {
  switch (transport) {
    case MailTransport::ok:
      return OutcomeKind::sent;
    case MailTransport::notSent:
      return OutcomeKind::transient;
    case MailTransport::tls:
    case MailTransport::noAuth:
      return OutcomeKind::auth;
    case MailTransport::broken:
      return OutcomeKind::permanent;
    default:
      return OutcomeKind::unknown;
  }
}

}  // namespace

Outcome classifySmtp(const MailAnswer& answer) {
  if (answer.transport == MailTransport::ok) return outcomeOf(OutcomeKind::sent, "", "");
  if (answer.transport == MailTransport::busy) return noPlace(answer.error);
  if (answer.transport != MailTransport::refused) {
    return outcomeOf(kindOfTransport(answer.transport),
                     "transport_" + std::string(toString(answer.transport)), answer.error);
  }
  Outcome outcome = refused(answer);
  outcome.code = answer.enhanced.empty() ? std::to_string(answer.reply) : answer.enhanced;
  outcome.error = "at " + std::string(toString(answer.stage)) + ": " + answer.error;
  return outcome;
}

std::string_view queueIdOf(std::string_view text) {
  constexpr std::string_view before = "queued as ";
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-' || c == '.' || c == '_');
  });
  text = text.substr(0, static_cast<size_t>(end - text.begin()));
  while (text.ends_with('.')) text.remove_suffix(1);
  return text.substr(0, 64);
}

}  // namespace tidings::providers
