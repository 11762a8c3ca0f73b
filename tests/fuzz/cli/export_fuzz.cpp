// Any text as a line for `dlq import`, and any letter that came of it through `list`, `show` and
// `export`: what was exported is imported as it was.
#include <cstdint>
#include <cstdlib>

#include "letter_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  const auto read = cli::fromExport({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  queue::DeadLetter letter;
  letter.body = read->body;
  letter.properties = read->properties;
  letter.headers = queue::readHeaders(letter.properties.headers);
  const cli::LetterInfo info = cli::describe(read->type, letter);
  (void)cli::dump(cli::toShow(info, letter), 2);
  const std::string line = cli::dump(cli::toExport(read->type, letter));
  const auto again = cli::fromExport(line);
  if (!again || again->type != read->type || again->body != read->body) std::abort();
  letter.properties = again->properties;
  if (cli::dump(cli::toExport(again->type, letter)) != line) std::abort();
  return 0;
}
