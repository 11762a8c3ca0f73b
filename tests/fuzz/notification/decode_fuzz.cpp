// Any bytes as a message's body: an answer, never a crash; and what is accepted keeps its promises.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "notification/fan_out.h"
#include "notification/json_text.h"
#include "notification/notification.h"
#include "unit/json/tree.h"

using namespace tidings;
using namespace tidings::notification;

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

// The generic parser is the model of ours, wherever the limits let a text through.
void checkTree(std::string_view body) {
  const auto parsed = parseMessage(body);
  const auto model = nlohmann::json::parse(body, nullptr, false);
  if (parsed) require(!model.is_discarded() && treeOf(parsed->root()) == model);
  const bool syntax = !parsed && parsed.error().message.find("invalid JSON") != std::string::npos;
  if (syntax) require(model.is_discarded());
}

void checkChild(std::string_view body, const Notification& parent) {
  const std::string recipient = parent.topic.empty() ? parent.recipients.back() : parent.topic;
  const auto child = decode(FanOut(body).childFor(recipient), DecodeHints{});
  require(child.ok() && child->recipient == recipient && child->id == parent.id);
  require(treeOf(child->data) == treeOf(parent.data));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto decoded = decode(body, DecodeHints{});
  (void)FanOut(body).childFor("u");
  checkTree(body);
  if (!decoded) {
    const auto& message = decoded.error().message;
    require(message.size() < 512 && cleanText(message, 512) == message);
    return 0;
  }
  require(!decoded->id.empty() && decoded->id.size() <= 128);
  require(decoded->priority >= 0 && decoded->priority <= 9);
  if (decoded->fansOut()) checkChild(body, *decoded);
  return 0;
}
