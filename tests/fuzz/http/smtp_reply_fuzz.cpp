// Any bytes as what a mail server says: replies that are small and clean, the same in whatever
// pieces they came; and any text as an address or a mail: nothing that ends a command or the mail
// early.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/utf8.h"
#include "http/smtp_reply.h"
#include "http/smtp_text.h"

using namespace tidings;
using namespace tidings::http;

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

void check(const SmtpReply& reply) {
  require(reply.code >= 100 && reply.code <= 599);
  require(reply.text.size() <= 2048 && !findInvalidUtf8(reply.text));
  require(reply.text.find_first_of("\r\n") == std::string::npos);
  require(reply.enhanced.empty() || enhancedCodeOf(reply.enhanced, reply.code) == reply.enhanced ||
          reply.enhanced[0] >= '1');
}

// The replies of a reader that is asked after every line.
std::vector<SmtpReply> replies(std::string_view bytes, bool oneByOne) {
  SmtpReplyReader reader;
  std::vector<SmtpReply> all;
  while (!bytes.empty()) {
    const size_t line = bytes.find('\n');
    const size_t size = oneByOne || line == std::string_view::npos ? 1 : line + 1;
    const bool good = reader.feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (auto reply = reader.take()) all.push_back(std::move(*reply));
    if (!good) break;
  }
  return all;
}

void checkReplies(std::string_view bytes) {
  const auto byLine = replies(bytes, false), byByte = replies(bytes, true);
  require(byLine.size() == byByte.size());
  for (size_t i = 0; i < byLine.size(); ++i) {
    check(byLine[i]);
    require(byLine[i].code == byByte[i].code && byLine[i].text == byByte[i].text);
  }
}

void checkCommands(std::string_view bytes) {
  const Mail mail{"a@example.com", std::string(bytes), ""};
  const auto envelope = smtpEnvelope(mail, {.size = true, .utf8 = true});
  if (envelope.ok()) require(envelope->to.find_first_of("\r\n") == std::string::npos);
  const std::string data = smtpData(bytes);
  require(data.find("\r\n.\r\n") == data.size() - 5 || data == ".\r\n" || data == "\r\n.\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  checkReplies(bytes);
  checkCommands(bytes);
  SmtpFeatures features;
  features.note(bytes);
  return 0;
}
