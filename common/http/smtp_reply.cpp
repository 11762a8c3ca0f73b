#include "http/smtp_reply.h"

#include <cctype>

#include "base/utf8.h"

namespace tidings::http {
namespace {

constexpr size_t maxLine = 4096;  // RFC 5321 asks for 512; real servers send longer ones
constexpr size_t maxText = 1024;  // of a whole reply; the rest is read and dropped

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Up to three digits, as each part of an enhanced code has.
size_t digits(std::string_view text, size_t from) {
  size_t count = 0;
  while (count < 4 && from + count < text.size() && isDigit(text[from + count])) ++count;
  return count <= 3 ? count : 0;
}

bool beginsWithWord(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (std::toupper(static_cast<unsigned char>(text[i])) != word[i]) return false;
  }
  return text.size() == word.size() || text[word.size()] == ' ';
}

}  // namespace

std::string_view enhancedCodeOf(std::string_view text, int code) {
  if (text.size() < 5 || text[0] != static_cast<char>('0' + code / 100) || text[1] != '.') {
    return {};
  }
  const size_t subject = digits(text, 2);
  if (subject == 0 || 2 + subject >= text.size() || text[2 + subject] != '.') return {};
  const size_t detail = digits(text, 3 + subject);
  if (detail == 0) return {};
  const size_t end = 3 + subject + detail;
  if (end < text.size() && text[end] != ' ') return {};
  return text.substr(0, end);
}

bool SmtpReplyReader::feed(std::string_view bytes) {
  while (!malformed_ && !bytes.empty()) {
    const size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (line_.size() + piece.size() > maxLine) {
      malformed_ = true;
      break;
    }
    line_ += piece;
    if (newline == std::string_view::npos) break;
    bytes.remove_prefix(newline + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    malformed_ = !takeLine(line_);
    line_.clear();
  }
  return !malformed_;
}

bool SmtpReplyReader::takeLine(std::string_view line) {
  if (line.size() < 3 || line[0] < '1' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2])) {
    return false;
  }
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return false;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (!building_) building_.emplace();
  building_->code = code;  // the last line's, should they differ
  std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view{};
  if (const std::string_view enhanced = enhancedCodeOf(text, code); !enhanced.empty()) {
    building_->enhanced = enhanced;
    text.remove_prefix(std::min(enhanced.size() + 1, text.size()));
  }
  if (building_->text.size() < maxText && !text.empty()) {
    if (!building_->text.empty()) building_->text += ' ';
    building_->text += cleanText(text, maxText - std::min(building_->text.size(), maxText));
  }
  if (line.size() > 3 && line[3] == '-') return true;
  // Two at once can only be an unasked 421 behind the answer, which it does not take back.
  surplus_ |= ready_.has_value();
  if (!ready_) ready_ = std::move(building_);
  building_.reset();
  return true;
}

std::optional<SmtpReply> SmtpReplyReader::take() {
  std::optional<SmtpReply> reply = std::move(ready_);
  ready_.reset();
  return reply;
}

void SmtpFeatures::note(std::string_view ehloLine) {
  if (!ehloLine.starts_with("250") || ehloLine.size() < 5) return;
  ehloLine.remove_prefix(4);
  while (!ehloLine.empty() && (ehloLine.back() == '\r' || ehloLine.back() == '\n')) {
    ehloLine.remove_suffix(1);
  }
  if (beginsWithWord(ehloLine, "SIZE")) size = true;
  if (beginsWithWord(ehloLine, "SMTPUTF8")) utf8 = true;
}

}  // namespace tidings::http
