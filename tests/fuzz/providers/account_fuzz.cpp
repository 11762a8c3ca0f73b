// Any text as a service account's key file, and as an unsubscribe link: an answer that shows
// nothing of a key, and headers that hold what is put into them.
#include <cstdint>
#include <cstdlib>

#include "providers/fcm_account.h"
#include "providers/unsubscribe.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto account = providers::parseFcmAccount(text);
  if (account) {
    const auto assertion = providers::signAssertion(*account, WallTime{});
    require(!account->clientEmail.empty() && !account->privateKey.empty());
    require(assertion.ok() || account->privateKey.size() < 12 ||
            assertion.error().message.find(account->privateKey) == std::string::npos);
  }
  const auto links = providers::Unsubscribe::parse(text);
  if (!links) return 0;
  providers::OutboundMessage message;
  message.recipient = message.address = message.notificationId = message.deliveryId = text;
  std::string headers;
  links->append(headers, message);
  for (size_t at = 0; (at = headers.find('\n', at)) != std::string::npos; ++at) {
    require(at > 0 && headers[at - 1] == '\r');
    const std::string_view next = std::string_view(headers).substr(at + 1);
    require(next.empty() || next[0] == ' ' || next.starts_with("List-Unsubscribe-Post: "));
  }
  return 0;
}
