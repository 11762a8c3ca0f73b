// What a mail relay may say, from the bytes on its connection to the outcome.
#include <algorithm>
#include <cstdlib>

#include "base/utf8.h"
#include "http/smtp_reply.h"
#include "providers/outcomes.h"
#include "providers/smtp_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  if (size < 2) return 0;
  http::SmtpReplyReader reader;
  http::SmtpFeatures features;
  std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  features.note(bytes);
  const size_t piece = 1 + data[1] % 64;
  const providers::Redactor redactor;
  while (!bytes.empty() && reader.feed(bytes.substr(0, piece))) {
    bytes.remove_prefix(std::min(piece, bytes.size()));
    const auto reply = reader.take();
    if (!reply) continue;
    http::MailAnswer answer;
    answer.transport = reply->ok() ? http::MailTransport::ok : http::MailTransport::refused;
    answer.stage = static_cast<http::MailStage>(data[0] % 6);
    answer.reply = reply->code;
    answer.enhanced = reply->enhanced;
    answer.text = answer.error = reply->text;
    if (answer.text.size() > 2048 || answer.enhanced.size() > 9) std::abort();
    if (providers::queueIdOf(answer.text).size() > 64) std::abort();
    providers::Outcome outcome = providers::classifySmtp(answer);
    redactor.clean(outcome);
    if (outcome.error.size() > 512 || findInvalidUtf8(outcome.error)) std::abort();
  }
  return 0;
}
