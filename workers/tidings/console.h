// Where a command writes: results to `out`, everything about the work to `err`. Colours, progress
// bars and questions only where a person sits.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace tidings::cli {

enum class Colour { plain, bold, dim, red, green, yellow };

struct Console {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool outTerminal = false;
  bool errTerminal = false;
  bool inTerminal = false;
  bool json = false;  // results as JSON

  // Cleaned of control characters, so that foreign text can't steer the terminal.
  std::string text(std::string_view foreign, size_t maxBytes = 512) const;
  std::string coloured(Colour colour, std::string_view text) const;
  void error(std::string_view message) const;
  void note(std::string_view message) const;
  // False unless somebody types y or yes.
  bool confirm(const std::string& question) const;
};

// Columns as wide as their widest cell; the last one is not padded. Cells are plain text.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  void print(const Console& console) const;

 private:
  std::vector<std::string> head_;
  std::vector<std::vector<std::string>> rows_;
};

// How many columns a terminal needs for the text: wide East Asian characters count two.
size_t displayWidth(std::string_view utf8);

}  // namespace tidings::cli
