// Mails made of whatever an app put into a message: no field gets out of its header, no line is
// too long, and nothing but ASCII is written.
#include <algorithm>
#include <cstdlib>

#include "providers/smtp_message.h"

namespace {

using namespace tidings;

void require(bool good) {
  if (!good) std::abort();
}

void checkLines(std::string_view mail, bool asciiOnly) {
  size_t line = 0;
  for (size_t at = 0; at < mail.size(); ++at) {
    const auto byte = static_cast<unsigned char>(mail[at]);
    if (byte == '\r' || byte == '\n') {
      require(byte == '\r' && at + 1 < mail.size() && mail[at + 1] == '\n');
      ++at;
      line = 0;
      continue;
    }
    require(++line <= 998);
    require(byte >= ' ' && byte != 0x7f && (!asciiOnly || byte < 0x80));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto style = [] {
    config::SmtpConfig config;
    config.from = "Tidings <no-reply@example.com>";
    config.listUnsubscribe = "https://a.example/{{recipient}}/{{address}}/{{deliveryId}}";
    return *providers::mailStyleOf(config);
  }();
  std::string_view left(reinterpret_cast<const char*>(data), size);
  const auto next = [&left] {
    const size_t end = std::min(left.find('\0'), left.size());
    std::string field(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    return field;
  };
  providers::OutboundMessage message;
  message.address = next();
  message.subject = next();
  message.notificationId = next();
  message.deliveryId = next().substr(0, 64);
  message.recipient = next();
  message.text = next();
  message.html = left;
  if (const auto mailbox = providers::parseMailbox(message.subject); mailbox.ok()) {
    require(providers::isWritableAddress(mailbox->address));
    std::string header;
    providers::appendMailboxHeader(header, "From", *mailbox);
    checkLines(header, false);
  }
  if (!providers::isWritableAddress(message.address)) message.address = "a@example.net";
  const bool ascii = std::all_of(message.address.begin(), message.address.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const http::Mail mail = providers::buildMail(message, style, WallTime{});
  checkLines(mail.message, ascii);
  const std::string_view header(mail.message.data(), mail.message.find("\r\n\r\n"));
  require(header.find("\r\nMIME-Version: 1.0\r\nContent-Type: ") != std::string_view::npos);
  return 0;
}
