#include "http/answer_reader.h"

#include <algorithm>
#include <charconv>

namespace tidings::http {
namespace {

constexpr size_t maxLineBytes = size_t{64} * 1024;
// What a chunk may cost besides what it holds without being counted: small chunks are nobody's
// fault.
constexpr uint64_t chunkOverhead = 16;

bool equalNoCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
  });
}

bool isBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Whether a comma-separated list has this word.
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (equalNoCase(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool parseWhole(std::string_view text, uint64_t& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// "timeout=5, max=100"
std::optional<uint64_t> timeoutOf(std::string_view list) {
  constexpr std::string_view name = "timeout=";
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view item = trimmed(list.substr(0, comma));
    uint64_t seconds = 0;
    if (item.size() > name.size() && equalNoCase(item.substr(0, name.size()), name) &&
        parseWhole(item.substr(name.size()), seconds, 10)) {
      return seconds;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return std::nullopt;
}

}  // namespace

void AnswerReader::restart() {
  begun_ = false;
  lineBytes_ = 0;
  expectHead();
}

void AnswerReader::expectHead() {
  phase_ = Phase::status;
  chunked_ = sized_ = truncated_ = false;
  http10_ = keepAlive_ = mustClose_ = false;
  keepsFor_.reset();
  status_ = 0;
  left_ = 0;
  partial_.clear();
  retryAfter_.clear();
  body_.clear();
}

bool AnswerReader::feed(std::string_view bytes) {
  begun_ |= !bytes.empty();
  while (!bytes.empty() && !over()) {
    if (phase_ == Phase::sized || phase_ == Phase::chunk || phase_ == Phase::rest) {
      readBody(bytes);
    } else {
      readLine(bytes);
    }
  }
  if (!bytes.empty()) mustClose_ = true;  // nobody asked for more than one answer
  return !over();
}

void AnswerReader::end() {
  if (!over()) phase_ = phase_ == Phase::rest ? Phase::done : Phase::malformed;
}

void AnswerReader::readBody(std::string_view& bytes) {
  const size_t here =
      phase_ == Phase::rest ? bytes.size() : std::min<uint64_t>(left_, bytes.size());
  const size_t room = std::min(here, maxBody_ - body_.size());
  body_.append(bytes, 0, room);
  bytes.remove_prefix(here);
  left_ -= here;
  if (room < here) {
    truncated_ = mustClose_ = true;
    phase_ = Phase::done;
  } else if (phase_ == Phase::sized && left_ == 0) {
    phase_ = Phase::done;
  } else if (phase_ == Phase::chunk && left_ == 0) {
    phase_ = Phase::chunkEnd;
  }
}

void AnswerReader::readLine(std::string_view& bytes) {
  const size_t end = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, end);
  lineBytes_ += piece.size();
  if (lineBytes_ > maxLineBytes) {
    phase_ = Phase::malformed;
  } else if (end == std::string_view::npos) {
    partial_ += piece;
  } else if (partial_.empty()) {
    onLine(piece);
  } else {
    partial_ += piece;
    onLine(partial_);
    partial_.clear();
  }
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
}

void AnswerReader::onLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  switch (phase_) {
    case Phase::status:
      return onStatus(line);
    case Phase::head:
      return line.empty() ? onHeadEnd() : onField(line);
    case Phase::chunkSize:
      return onChunkSize(line);
    case Phase::chunkEnd:
      phase_ = line.empty() ? Phase::chunkSize : Phase::malformed;
      return;
    default:  // the trailer tells nothing that is needed
      if (line.empty()) phase_ = Phase::done;
  }
}

// "HTTP/1.1 200 OK"; the words after the number are for people.
void AnswerReader::onStatus(std::string_view line) {
  phase_ = Phase::malformed;
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return;
  if (line[7] < '0' || line[7] > '9') return;
  if (line.size() > 12 && line[12] != ' ') return;
  uint64_t status = 0;
  if (!parseWhole(line.substr(9, 3), status, 10) || status < 100) return;
  status_ = static_cast<int>(status);
  http10_ = line[7] == '0';
  phase_ = Phase::head;
}

void AnswerReader::onField(std::string_view line) {
  const size_t colon = line.find(':');
  // A folded line begins with a space, and nobody may put one before the colon.
  if (colon == std::string_view::npos || colon == 0 || isBlank(line[0]) ||
      isBlank(line[colon - 1])) {
    phase_ = Phase::malformed;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equalNoCase(name, "content-length")) {
    onContentLength(value);
  } else if (equalNoCase(name, "transfer-encoding")) {
    mustClose_ |= chunked_;  // twice
    chunked_ = equalNoCase(value, "chunked");
    if (!chunked_) phase_ = Phase::malformed;  // no other was asked for
  } else if (equalNoCase(name, "connection")) {
    mustClose_ |= lists(value, "close");
    keepAlive_ |= lists(value, "keep-alive");
  } else if (equalNoCase(name, "keep-alive")) {
    keepsFor_ = timeoutOf(value);
  } else if (equalNoCase(name, "retry-after")) {
    retryAfter_ = value;
  }
}

void AnswerReader::onContentLength(std::string_view value) {
  uint64_t length = 0;
  if (!parseWhole(value, length, 10) || (sized_ && length != left_)) {
    phase_ = Phase::malformed;
    return;
  }
  sized_ = true;
  left_ = length;
}

void AnswerReader::onHeadEnd() {
  if (status_ < 200) {  // on the way: the answer follows; but we change to no other protocol
    if (status_ == 101) {
      phase_ = Phase::malformed;
      return;
    }
    expectHead();
    return;
  }
  // Two lengths, or one that HTTP/1.0 doesn't know.
  mustClose_ |= chunked_ && (sized_ || http10_);
  if (status_ == 204 || status_ == 304) {
    mustClose_ |= chunked_ || left_ > 0;  // it has no body, but does the server know?
    phase_ = Phase::done;
  } else if (chunked_) {
    lineBytes_ = 0;
    phase_ = Phase::chunkSize;
  } else if (sized_) {
    body_.reserve(std::min<uint64_t>(left_, maxBody_));
    phase_ = left_ == 0 ? Phase::done : Phase::sized;
  } else {
    mustClose_ = true;
    phase_ = Phase::rest;
  }
}

void AnswerReader::onChunkSize(std::string_view line) {
  const std::string_view digits = trimmed(line.substr(0, line.find(';')));
  if (!parseWhole(digits, left_, 16)) {
    phase_ = Phase::malformed;
    return;
  }
  lineBytes_ -= std::min<uint64_t>(lineBytes_, chunkOverhead + left_);
  phase_ = left_ == 0 ? Phase::trailer : Phase::chunk;
}

}  // namespace tidings::http
