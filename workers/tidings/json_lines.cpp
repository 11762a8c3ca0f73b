#include "json_lines.h"

#include <algorithm>
#include <utility>

namespace tidings::cli {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

bool isBlank(std::string_view text) {
  return text.find_first_not_of(blanks) == std::string_view::npos;
}

// Brackets and quotes only: whether it is valid JSON is for the decoder.
bool isWholeObject(std::string_view text) {
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos || text[first] != '{') return false;
  int depth = 0;
  bool quoted = false;
  for (size_t at = first; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return isBlank(text.substr(at + 1));
    }
  }
  return false;
}

}  // namespace

void JsonLines::append(Piece& piece, std::string_view text) const {
  if (piece.tooLong || piece.text.size() + text.size() > maxPiece_) {
    piece.tooLong = true;
    piece.text.clear();
  } else {
    piece.text += text;
  }
}

std::vector<Piece> JsonLines::feed(std::string_view bytes) {
  std::vector<Piece> out;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    append(current_, bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    takeLine(out);
    bytes.remove_prefix(end + 1);
  }
  return out;
}

std::vector<Piece> JsonLines::finish() {
  std::vector<Piece> out;
  takeLine(out);
  if (shape_ == Shape::unknown) decide(out, true);
  if (shape_ == Shape::document) out.push_back(std::exchange(document_, {}));
  return out;
}

void JsonLines::takeLine(std::vector<Piece>& out) {
  Piece piece = std::exchange(current_, {});
  piece.line = line_++;
  if (piece.line == 1 && piece.text.starts_with(byteOrderMark)) piece.text.erase(0, 3);
  if (shape_ == Shape::document) {
    append(document_, "\n");
    append(document_, piece.text);
    document_.tooLong = document_.tooLong || piece.tooLong;
    return;
  }
  if (!piece.tooLong && isBlank(piece.text)) return;
  if (shape_ == Shape::lines) {
    out.push_back(std::move(piece));
    return;
  }
  held_.push_back(std::move(piece));
  decide(out, false);
}

void JsonLines::decide(std::vector<Piece>& out, bool atEnd) {
  const bool lines = std::any_of(held_.begin(), held_.end(),
                                 [](const Piece& piece) { return isWholeObject(piece.text); });
  if (!lines && held_.size() < 2 && !atEnd) return;
  if (held_.empty()) return;
  shape_ = lines ? Shape::lines : Shape::document;
  if (lines) {
    std::move(held_.begin(), held_.end(), std::back_inserter(out));
  } else {
    document_.line = held_.front().line;
    for (const Piece& piece : held_) {
      if (&piece != &held_.front()) append(document_, "\n");
      append(document_, piece.text);
      document_.tooLong = document_.tooLong || piece.tooLong;
    }
  }
  held_.clear();
}

}  // namespace tidings::cli
