#include "console.h"

#include <algorithm>
#include <cstdint>

#include "base/utf8.h"

namespace tidings::cli {
namespace {

std::string_view codeOf(Colour colour) {
  switch (colour) {
    case Colour::bold:
      return "\x1B[1m";
    case Colour::dim:
      return "\x1B[2m";
    case Colour::red:
      return "\x1B[31m";
    case Colour::green:
      return "\x1B[32m";
    case Colour::yellow:
      return "\x1B[33m";
    case Colour::plain:
      break;
  }
  return "";
}

uint32_t codePoint(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  uint32_t point = lead & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i) {
    point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  }
  return point;
}

bool isWide(uint32_t point) {
  return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
         (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
         (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
         (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1FAFF) ||
         (point >= 0x20000 && point <= 0x3FFFD);
}

}  // namespace

std::string Console::text(std::string_view foreign, size_t maxBytes) const {
  return cleanText(foreign, maxBytes);
}

std::string Console::coloured(Colour colour, std::string_view what) const {
  if (!outTerminal || colour == Colour::plain) return std::string(what);
  return std::string(codeOf(colour)) + std::string(what) + "\x1B[0m";
}

void Console::error(std::string_view message) const {
  err << (errTerminal ? "\x1B[31merror:\x1B[0m " : "error: ") << message << '\n';
}

void Console::note(std::string_view message) const { err << message << '\n'; }

bool Console::confirm(const std::string& question) const {
  err << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(in, answer)) return false;
  return answer == "y" || answer == "Y" || answer == "yes";
}

size_t displayWidth(std::string_view utf8) {
  size_t width = 0;
  for (size_t at = 0; at < utf8.size();) width += isWide(codePoint(utf8, at)) ? 2 : 1;
  return width;
}

void Table::print(const Console& console) const {
  std::vector<size_t> widths;
  for (const std::string& cell : head_) widths.push_back(displayWidth(cell));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], displayWidth(row[i]));
  }
  const auto line = [&](const std::vector<std::string>& row, Colour colour) {
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - displayWidth(row[i]) + 2, ' ');
    }
    console.out << console.coloured(colour, text) << '\n';
  };
  line(head_, Colour::bold);
  for (const auto& row : rows_) line(row, Colour::plain);
}

}  // namespace tidings::cli
