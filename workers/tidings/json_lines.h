// Cuts text into JSON messages: one object a line, or one object over the whole text. Pure; memory
// is bounded by the longest message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidings::cli {

struct Piece {
  size_t line = 0;  // where it begins, from 1
  std::string text;
  bool tooLong = false;  // the text was dropped
};

// Feed it as the bytes come, then finish(). Whether the text is lines or one object is decided by
// its first two non-blank lines, unless it is told: a complete object on one of them means lines.
class JsonLines {
 public:
  enum class Shape { unknown, lines, document };
  explicit JsonLines(size_t maxPiece, Shape shape = Shape::unknown)
      : maxPiece_(maxPiece), shape_(shape) {}
  std::vector<Piece> feed(std::string_view bytes);
  std::vector<Piece> finish();

 private:
  void takeLine(std::vector<Piece>& out);
  void decide(std::vector<Piece>& out, bool atEnd);
  void append(Piece& piece, std::string_view text) const;

  const size_t maxPiece_;
  Shape shape_;
  size_t line_ = 1;
  Piece current_;            // the line being fed
  std::vector<Piece> held_;  // the first lines, until the shape is known
  Piece document_;
};

}  // namespace tidings::cli
