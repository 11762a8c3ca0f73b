#include "notification/fields.h"

#include <array>

namespace tidings::notification {
namespace {

struct FieldName {
  std::string_view name;
  JsonValue Fields::*field;
};
// In the order in which apps mostly write them, see readFields.
constexpr std::array<FieldName, 18> fieldNames{{{"id", &Fields::id},
                                                {"type", &Fields::type},
                                                {"recipient", &Fields::recipient},
                                                {"recipients", &Fields::recipients},
                                                {"topic", &Fields::topic},
                                                {"title", &Fields::title},
                                                {"message", &Fields::message},
                                                {"data", &Fields::data},
                                                {"actionUrl", &Fields::actionUrl},
                                                {"template", &Fields::templateName},
                                                {"locale", &Fields::locale},
                                                {"channels", &Fields::channels},
                                                {"priority", &Fields::priority},
                                                {"collapseKey", &Fields::collapseKey},
                                                {"digestKey", &Fields::digestKey},
                                                {"sendAt", &Fields::sendAt},
                                                {"expiresAt", &Fields::expiresAt},
                                                {"createdAt", &Fields::createdAt}}};

}  // namespace

// Looks for each name from where the one before it was found: mostly it is the next.
Fields readFields(JsonValue body) {
  Fields out;
  size_t at = 0;
  for (const auto& [name, value] : body.members()) {
    for (size_t tried = 0; tried < fieldNames.size(); ++tried) {
      const FieldName& known = fieldNames[at];
      at = at + 1 == fieldNames.size() ? 0 : at + 1;
      if (known.name != name) continue;
      if (!value.isNull()) out.*known.field = value;
      break;
    }
  }
  return out;
}

}  // namespace tidings::notification
