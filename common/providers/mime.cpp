#include "providers/mime.h"

#include <algorithm>
#include <cstdio>

#include "base/utf8.h"
#include "http/url.h"
#include "providers/encode.h"

namespace tidings::providers {
namespace {

constexpr size_t maxText = 1000;    // of a subject, in bytes
constexpr size_t maxName = 256;     // of a display name
constexpr size_t maxPlain = 900;    // what need not be folded to stay within 998
constexpr size_t maxWordLine = 76;  // of a line with encoded words
constexpr size_t maxWord = 75;      // of an encoded word
constexpr size_t wordFrame = 12;    // "=?UTF-8?B?" and "?="
constexpr size_t mimeColumns = 76;

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool isAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isHigh(char c) { return static_cast<unsigned char>(c) >= 0x80; }

bool isAtom(char c) {
  return isAlphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string::npos;
}

bool isDotAtom(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return isAtom(c) || isHigh(c) || c == '.'; });
}

bool isHost(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {  // an address literal
    return std::all_of(text.begin() + 1, text.end() - 1,
                       [](char c) { return isAlphanumeric(c) || c == '.' || c == ':'; });
  }
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return isAlphanumeric(c) || isHigh(c) || c == '-' || c == '.'; });
}

std::string_view trimmed(std::string_view text) {
  const auto isBlank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string unquoted(std::string_view name) {
  if (name.size() < 2 || name.front() != '"' || name.back() != '"') return std::string(name);
  std::string out;
  for (size_t at = 1; at + 1 < name.size(); ++at) {
    if (name[at] == '\\' && at + 2 < name.size()) ++at;
    out += name[at];
  }
  return out;
}

size_t column(const std::string& out) {
  const size_t newline = out.rfind('\n');
  return newline == std::string::npos ? out.size() : out.size() - newline - 1;
}

// Words of whole characters: white space between them vanishes when they are read.
void appendEncodedWords(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t used = column(out);
    const size_t room = used + wordFrame < maxWordLine ? maxWordLine - used - wordFrame : 0;
    const size_t bytes = std::min(room, maxWord - wordFrame) / 4 * 3;
    const std::string_view piece = truncateUtf8(text, bytes);
    if (!piece.empty()) {
      out += "=?UTF-8?B?" + base64(piece) + "?=";
      text.remove_prefix(piece.size());
    }
    if (!text.empty()) out += "\r\n ";
  }
}

bool mustBeEncoded(std::string_view text) {
  return !isAscii(text) || text.size() > maxPlain || text.find("=?") != std::string_view::npos;
}

void appendPhrase(std::string& out, std::string_view name) {
  if (mustBeEncoded(name)) return appendEncodedWords(out, name);
  const bool bare =
      std::all_of(name.begin(), name.end(), [](char c) { return isAtom(c) || c == ' '; });
  if (bare) {
    out += name;
    return;
  }
  out += '"';
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

bool isWritableAddress(std::string_view address) {
  const size_t at = address.rfind('@');
  return at != std::string_view::npos && at <= 64 && address.size() <= 254 &&
         !findInvalidUtf8(address) && isDotAtom(address.substr(0, at)) &&
         isHost(address.substr(at + 1));
}

Result<Mailbox> parseMailbox(std::string_view text) {
  text = trimmed(text);
  Mailbox mailbox;
  const size_t open = text.rfind('<');
  if (open != std::string_view::npos && text.ends_with('>')) {
    mailbox.name = unquoted(trimmed(text.substr(0, open)));
    text = text.substr(open + 1, text.size() - open - 2);
  }
  if (!isWritableAddress(text)) {
    return Error{ErrorKind::invalid, "expected an address such as Example <hello@example.com>"};
  }
  mailbox.address = text;
  return mailbox;
}

std::string asciiAddress(const std::string& address) {
  const size_t at = address.rfind('@');
  if (at == std::string::npos || isAscii(address)) return address;
  const auto host = http::asciiHost(address.substr(at + 1));
  return host ? address.substr(0, at + 1) + *host : address;
}

void appendHeader(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void appendTextHeader(std::string& out, std::string_view name, std::string_view text) {
  const std::string cleaned = cleanText(text, maxText);
  const std::string_view clean = trimmed(cleaned);
  out.append(name).append(": ");
  if (mustBeEncoded(clean)) {
    appendEncodedWords(out, clean);
  } else {
    out += clean;
  }
  out += "\r\n";
}

void appendMailboxHeader(std::string& out, std::string_view name, const Mailbox& mailbox) {
  const std::string cleaned = cleanText(mailbox.name, maxName);
  const std::string_view display = trimmed(cleaned);
  const std::string address = asciiAddress(mailbox.address);
  out.append(name).append(": ");
  if (display.empty()) {
    out += address;
  } else {
    appendPhrase(out, display);
    const bool fits = column(out) + address.size() + 3 <= maxWordLine;
    out.append(fits ? " <" : "\r\n <").append(address).append(">");
  }
  out += "\r\n";
}

std::string mailDate(WallTime time) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[48];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000",
                days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string mimeBody(std::string_view text) {
  std::string canonical;
  canonical.reserve(text.size() + text.size() / 32 + 2);
  std::optional<size_t> bad = findInvalidUtf8(text);
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (bad == at) {
      canonical += "\xEF\xBF\xBD";
      bad = findInvalidUtf8(text.substr(at + 1));
      if (bad) *bad += at + 1;
    } else if (c == '\n' || c == '\r') {
      canonical += "\r\n";
      if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    } else {
      canonical += c;
    }
  }
  const std::string encoded = base64(canonical);
  std::string out;
  out.reserve(encoded.size() + encoded.size() / mimeColumns * 2 + 2);
  for (size_t at = 0; at < encoded.size(); at += mimeColumns) {
    out.append(encoded, at, mimeColumns).append("\r\n");
  }
  return out;
}

}  // namespace tidings::providers
