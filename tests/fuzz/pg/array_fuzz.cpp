// Any texts in an array literal: read as PostgreSQL reads it, they are the texts again.
#include <cstdint>
#include <cstdlib>

#include "pg/params.h"

namespace {

// What array_in() does with elements that are all quoted.
std::vector<std::string> elementsOf(std::string_view literal) {
  std::vector<std::string> elements;
  size_t at = 1;
  while (at < literal.size() && literal[at] == '"') {
    std::string element;
    for (++at; at < literal.size() && literal[at] != '"'; ++at) {
      if (literal[at] == '\\') ++at;
      element += literal.at(at);
    }
    elements.push_back(std::move(element));
    if (literal.at(++at) == ',') ++at;
  }
  if (literal.substr(at) != "}") std::abort();
  return elements;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> texts;
  tidings::pg::ArrayText array;
  while (!left.empty()) {
    const size_t end = std::min(left.find('\0'), left.size());
    texts.emplace_back(left.substr(0, end));
    array.add(texts.back());
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (elementsOf(std::move(array).take()) != texts) std::abort();
  return 0;
}
