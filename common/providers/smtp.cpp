#include "providers/smtp.h"

#include "providers/encode.h"
#include "providers/smtp_answer.h"

namespace tidings::providers {
namespace {

http::Relay::Tls tlsOf(config::SmtpTls tls) {
  switch (tls) {
    case config::SmtpTls::tls:
      return http::Relay::Tls::tls;
    case config::SmtpTls::none:
      return http::Relay::Tls::none;
    default:
      return http::Relay::Tls::startTls;
  }
}

}  // namespace

Smtp::Smtp(const config::ProviderConfig& config, MailStyle style,
           std::unique_ptr<http::Relay> relay, Loop& loop)
    : name_(config.name),
      timeout_(config.timeout),
      style_(std::move(style)),
      relay_(std::move(relay)),
      loop_(loop) {
  const auto& smtp = std::get<config::SmtpConfig>(config.settings);
  const std::string& password = smtp.password.reveal();
  redactor_.add(password);
  redactor_.add(base64(password));
  redactor_.add(base64(std::string(1, '\0') + smtp.user + std::string(1, '\0') + password));
}

Task<Outcome> Smtp::send(const OutboundMessage& message, Deadline deadline) {
  if (!isWritableAddress(message.address)) {
    co_return outcomeOf(OutcomeKind::permanent, "bad_address", "not an e-mail address");
  }
  if (message.text.empty() && message.html.empty()) {
    co_return outcomeOf(OutcomeKind::permanent, "no_text", "the message has no text");
  }
  http::Mail mail = buildMail(message, style_, loop_.clock().wall());
  const Deadline end = deadline.earlier(Deadline::after(loop_.clock(), timeout_));
  const http::MailAnswer answer = co_await relay_->send(std::move(mail), end);
  Outcome outcome = classifySmtp(answer);
  guard_.judge(outcome);
  if (outcome.kind == OutcomeKind::sent) {
    outcome.providerMessageId = messageIdOf(message, style_);
    const std::string_view queueId = queueIdOf(answer.text);
    if (!queueId.empty()) outcome.providerMessageId.append(" ").append(queueId);
  } else {
    redactor_.clean(outcome);
  }
  co_return outcome;
}

Result<std::unique_ptr<Provider>> makeSmtp(const config::ProviderConfig& config,
                                           http::Client& client, Loop& loop) {
  const auto& smtp = std::get<config::SmtpConfig>(config.settings);
  auto style = mailStyleOf(smtp);
  if (!style.ok()) return style.error();
  http::Relay::Options options;
  options.host = smtp.host;
  options.port = smtp.port;
  options.tls = tlsOf(smtp.tls);
  options.cleartext = config.allowPlaintext;
  options.user = smtp.user;
  options.password = smtp.password.reveal();
  options.ehloName = smtp.ehloName;
  options.caFile = smtp.caFile;
  options.concurrency = static_cast<size_t>(config.concurrency);
  auto relay = client.relay(std::move(options));
  if (!relay.ok()) return relay.error();
  return std::unique_ptr<Provider>(
      std::make_unique<Smtp>(config, std::move(*style), std::move(*relay), loop));
}

}  // namespace tidings::providers
