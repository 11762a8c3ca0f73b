#include "providers/smtp_message.h"

#include "providers/encode.h"

namespace tidings::providers {
namespace {

// None of base64's lines begins like it.
constexpr std::string_view boundary = "=_tidings";

void appendPart(std::string& out, std::string_view type, std::string_view text) {
  out.append("Content-Type: text/").append(type).append("; charset=UTF-8\r\n");
  out += "Content-Transfer-Encoding: base64\r\n\r\n";
  out += mimeBody(text);
}

void appendAlternatives(std::string& out, const OutboundMessage& message) {
  out.append("Content-Type: multipart/alternative; boundary=\"").append(boundary);
  out.append("\"\r\n\r\n--").append(boundary).append("\r\n");
  appendPart(out, "plain", message.text);
  out.append("--").append(boundary).append("\r\n");
  appendPart(out, "html", message.html);
  out.append("--").append(boundary).append("--\r\n");
}

void appendIdentity(std::string& out, const OutboundMessage& message) {
  if (!message.notificationId.empty()) {
    appendHeader(out, "X-Notification-Id", headerValue(message.notificationId));
  }
  if (!message.deliveryId.empty()) {
    appendHeader(out, "X-Tidings-Delivery", headerValue(message.deliveryId));
  }
}

}  // namespace

Result<MailStyle> mailStyleOf(const config::SmtpConfig& config) {
  MailStyle style;
  auto from = parseMailbox(config.from);
  if (!from.ok()) return Error{ErrorKind::invalid, "from: " + from.error().message};
  style.from = std::move(*from);
  if (!config.replyTo.empty()) {
    auto replyTo = parseMailbox(config.replyTo);
    if (!replyTo.ok()) return Error{ErrorKind::invalid, "reply_to: " + replyTo.error().message};
    style.replyTo = std::move(*replyTo);
  }
  auto unsubscribe = Unsubscribe::parse(config.listUnsubscribe);
  if (!unsubscribe.ok()) {
    return Error{ErrorKind::invalid, "list_unsubscribe: " + unsubscribe.error().message};
  }
  style.unsubscribe = std::move(*unsubscribe);
  return style;
}

std::string messageIdOf(const OutboundMessage& message, const MailStyle& style) {
  std::string id = "<";
  for (const char c : percent(message.deliveryId)) {
    if (c == '.') {
      id += "%2E";  // at an edge, or doubled, it could not stand there
    } else {
      id += c;
    }
  }
  const std::string from = asciiAddress(style.from.address);
  return id.append(from, from.rfind('@')).append(">");
}

http::Mail buildMail(const OutboundMessage& message, const MailStyle& style, WallTime now) {
  http::Mail mail{style.from.address, message.address, {}, message.important()};
  std::string& out = mail.message;
  out.reserve(1024 + (message.text.size() + message.html.size()) * 3 / 2);
  appendMailboxHeader(out, "From", style.from);
  appendMailboxHeader(out, "To", Mailbox{{}, message.address});
  if (style.replyTo) appendMailboxHeader(out, "Reply-To", *style.replyTo);
  appendTextHeader(out, "Subject", message.subject.empty() ? "(no subject)" : message.subject);
  appendHeader(out, "Date", mailDate(now));
  appendHeader(out, "Message-ID", messageIdOf(message, style));
  appendIdentity(out, message);
  style.unsubscribe.append(out, message);
  appendHeader(out, "Auto-Submitted", "auto-generated");
  appendHeader(out, "MIME-Version", "1.0");
  if (message.html.empty()) {
    appendPart(out, "plain", message.text);
  } else if (message.text.empty()) {
    appendPart(out, "html", message.html);
  } else {
    appendAlternatives(out, message);
  }
  return mail;
}

}  // namespace tidings::providers
