// Any text as what `enqueue` reads: cut into the same pieces however it comes, none longer than
// allowed.
#include <cstdint>
#include <cstdlib>

#include "json_lines.h"

namespace {

using namespace tidings;

constexpr size_t longest = 64;

std::vector<cli::Piece> cut(std::string_view text, size_t step) {
  cli::JsonLines lines(longest);
  std::vector<cli::Piece> all;
  const auto take = [&all](std::vector<cli::Piece> pieces) {
    for (cli::Piece& piece : pieces) all.push_back(std::move(piece));
  };
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    take(lines.feed(text.substr(0, step)));
  }
  take(lines.finish());
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = cut(text, text.size() + 1), byByte = cut(text, 1);
  if (whole.size() != byByte.size()) std::abort();
  for (size_t i = 0; i < whole.size(); ++i) {
    const cli::Piece &one = whole[i], &same = byByte[i];
    if (one.line != same.line || one.text != same.text || one.tooLong != same.tooLong) std::abort();
    if (one.text.size() > longest) std::abort();
  }
  return 0;
}
