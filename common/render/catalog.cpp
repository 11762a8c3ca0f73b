#include "render/catalog.h"

#include "render/catalog_state.h"

namespace tidings::render {

std::vector<std::string> Catalog::sets() const {
  std::vector<std::string> names;
  for (const auto& [name, set] : state_->sets) names.push_back(name);
  return names;
}

bool Catalog::has(std::string_view set, std::string_view channel) const {
  const auto found = state_->sets.find(set);
  if (found == state_->sets.end()) return false;
  for (size_t i = 0; i < kParts.size(); ++i) {
    if (kParts[i].channel == channel && !found->second.parts[i].empty()) return true;
  }
  return false;
}

Result<Parts> Catalog::render(std::string_view set, std::string_view channel,
                              std::string_view locale, std::span<const JsonValue> contexts) const {
  Parts parts;
  const auto found = state_->sets.find(set);
  if (found == state_->sets.end()) return parts;
  const std::string_view wanted = locale.empty() ? state_->defaultLocale : locale;
  for (size_t i = 0; i < kParts.size(); ++i) {
    const PartRule& rule = kParts[i];
    if (rule.channel != channel) continue;
    const Template* part = found->second.parts[i].find(wanted);
    if (!part) continue;
    const RenderOptions options{.escape = rule.escape,
                                .strict = found->second.strict,
                                .partials = &state_->partials.in(wanted)};
    const Status status = renderTo(parts.*rule.field, *part, contexts, options);
    if (!status) return status.error();
    finish(parts.*rule.field, rule.finish);
  }
  return parts;
}

}  // namespace tidings::render
