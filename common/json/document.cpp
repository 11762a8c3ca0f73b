#include "json/document.h"

#include <cstring>

#include "json/reader.h"

namespace tidings {

std::optional<JsonDocument> JsonDocument::parse(std::string_view text, int maxDepth) {
  // A message has a value about every dozen bytes; more only costs the array its growth.
  constexpr size_t bytesPerNode = 12;
  JsonDocument out;
  out.text_ = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  std::memcpy(out.text_.get(), text.data(), text.size());
  out.text_[text.size()] = '\0';
  out.nodes_.reserve(text.size() / bytesPerNode + 2);
  if (!JsonReader(out, text.size(), maxDepth).read()) return std::nullopt;
  return out;
}

}  // namespace tidings
