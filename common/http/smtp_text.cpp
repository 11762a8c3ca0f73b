#include "http/smtp_text.h"

#include <algorithm>

#include "http/url.h"

namespace tidings::http {
namespace {

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Nothing that could end the command or its angle brackets.
bool isWritable(std::string_view address) {
  return std::none_of(address.begin(), address.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '\x7f';
  });
}

struct Path {
  std::string text;
  bool needsUtf8 = false;
};

Result<Path> pathOf(const std::string& address) {
  const size_t at = address.rfind('@');
  if (!isWritable(address) || at == std::string::npos || at == 0 || at + 1 == address.size() ||
      address.size() > 254) {
    return Error{ErrorKind::permanent, "not an e-mail address"};
  }
  if (isAscii(address)) return Path{address};
  const std::string local = address.substr(0, at);
  if (isAscii(local)) {
    if (auto host = asciiHost(address.substr(at + 1))) return Path{local + "@" + *host};
  }
  return Path{address, true};
}

}  // namespace

Result<SmtpEnvelope> smtpEnvelope(const Mail& mail, const SmtpFeatures& features) {
  const Result<Path> from = pathOf(mail.from);
  if (!from.ok()) return from.error();
  const Result<Path> to = pathOf(mail.to);
  if (!to.ok()) return to.error();
  const bool utf8 = from->needsUtf8 || to->needsUtf8;
  if (utf8 && !features.utf8) {
    return Error{ErrorKind::permanent,
                 "the address needs SMTPUTF8, which the relay does not offer"};
  }
  SmtpEnvelope envelope{"MAIL FROM:<" + from->text + ">", "RCPT TO:<" + to->text + ">"};
  if (features.size) envelope.from += " SIZE=" + std::to_string(mail.message.size());
  if (utf8) envelope.from += " SMTPUTF8";
  return envelope;
}

std::string smtpData(std::string_view message) {
  std::string data;
  data.reserve(message.size() + 16);
  bool lineStart = true;
  for (const char c : message) {
    if (lineStart && c == '.') data += '.';
    data += c;
    lineStart = c == '\n';
  }
  if (!data.ends_with("\r\n")) data += "\r\n";
  return data += ".\r\n";
}

}  // namespace tidings::http
