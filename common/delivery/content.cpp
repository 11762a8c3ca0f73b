#include "delivery/content.h"

#include <array>

#include "base/hash.h"
#include "json/strings.h"
#include "policy/action_url.h"

namespace tidings::delivery {
namespace {

using notification::Notification;
using notification::Target;

std::string localeOf(const JobContext& context) {
  if (context.job.locale) return *context.job.locale;
  return context.profile.locale.value_or(context.settings.config.defaultLocale);
}

const std::string& templateOf(const JobContext& context) {
  return context.job.templateName ? *context.job.templateName : context.type.templateName;
}

// Unique per delivery, the same on every attempt and on every worker; fit for a Message-ID.
std::string deliveryIdOf(const Notification& job, const Target& target) {
  uint64_t low = 0xcbf29ce484222325ULL, high = 0x84222325cbf29ce4ULL;
  const auto add = [&](char c) {  // FNV-1a from two beginnings
    low = fnv1a(c, low);
    high = fnv1a(c, high);
  };
  for (const std::string* part : {&job.id, &job.recipient, &target.channel, &target.address}) {
    for (const char c : *part) add(c);
    add('\0');
  }
  std::string text(32, '0');
  for (size_t i = 0; i < 16; ++i) {
    text[i] = "0123456789abcdef"[(low >> (60 - 4 * i)) & 15];
    text[16 + i] = "0123456789abcdef"[(high >> (60 - 4 * i)) & 15];
  }
  return text;
}

// What no template provides comes from the message's own title and text.
void fallBack(render::Parts& parts, std::string_view channel, const Notification& job) {
  const std::string_view title = job.title ? *job.title : std::string_view{};
  const std::string_view text = job.message ? *job.message : std::string_view{};
  const auto fill = [](std::string& part, std::string_view with, render::Finish how) {
    if (!part.empty()) return;
    part = with;
    render::finish(part, how);
  };
  if (channel == "push") {
    fill(parts.title, title, render::Finish::line);
    fill(parts.body, text, render::Finish::trimmed);
  } else if (channel == "email") {
    fill(parts.subject, title.empty() ? text : title, render::Finish::line);
    if (parts.html.empty())
      fill(parts.text, text.empty() ? title : text, render::Finish::asWritten);
  } else {
    fill(parts.text, text.empty() ? title : text, render::Finish::trimmed);
  }
}

bool saysNothing(const render::Parts& parts) {
  return parts.title.empty() && parts.body.empty() && parts.text.empty() && parts.html.empty();
}

}  // namespace

Result<providers::OutboundMessage> compose(const JobContext& context, const Target& target) {
  const Notification& job = context.job;
  const std::string& set = templateOf(context);
  providers::OutboundMessage message;
  message.locale = localeOf(context);
  message.actionUrl = policy::safeActionUrl(job.actionUrl, context.settings.config.actionUrl);

  render::Parts parts;
  if (context.settings.catalog.has(set, target.channel)) {
    // The last one wins: what we say of the link is not for the message to say.
    const JsonStrings<2> ours({{{"actionUrl", message.actionUrl}, {"locale", message.locale}}});
    const std::array contexts{job.body.root(), job.data, ours.value()};
    Result<render::Parts> rendered =
        context.settings.catalog.render(set, target.channel, message.locale, contexts);
    if (!rendered.ok()) return std::move(rendered).error();
    parts = std::move(*rendered);
  } else if (job.templateName) {
    return Error{ErrorKind::invalid, "/template: found \"" + set +
                                         "\", expected a template set with parts for " +
                                         target.channel};
  }
  fallBack(parts, target.channel, job);
  if (saysNothing(parts)) {
    return Error{ErrorKind::invalid, "nothing to say: no template of \"" + set + "\" for " +
                                         target.channel + ", no title and no message"};
  }
  message.notificationId = job.id;
  message.recipient = job.recipient;
  message.deliveryId = deliveryIdOf(job, target);
  message.address = target.address;
  message.title = std::move(parts.title);
  message.body = std::move(parts.body);
  message.text = std::move(parts.text);
  message.subject = std::move(parts.subject);
  message.html = std::move(parts.html);
  message.collapseKey = job.collapseKey;
  message.data = job.data;
  if (job.expiresAt) message.timeToLive = *job.expiresAt - context.world.now();
  message.priority = job.priority;
  message.type = job.type;
  return message;
}

}  // namespace tidings::delivery
