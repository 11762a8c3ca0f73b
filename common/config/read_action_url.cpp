#include "config/readers.h"
#include "config/units.h"

namespace tidings::config {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

ActionUrlConfig readActionUrl(Section in) {
  ActionUrlConfig out;
  for (const auto& item : in.list("allowed_domains")) {
    const std::string domain = lower(item.value);
    const auto asHost = parseHostPort(domain + ":1");
    const bool plain =
        asHost && asHost->host == domain && domain.front() != '.' && domain.back() != '.';
    if (plain) {
      out.allowedDomains.push_back(domain);
    } else {
      in.refuse(item, "allowed_domains",
                "a domain such as example.com, without scheme, port or *; its subdomains are "
                "included");
    }
  }
  out.fallback = in.text("fallback");
  if (!out.fallback.empty()) checkHttpUrl(in, "fallback", out.fallback, true);
  in.finish();
  return out;
}

}  // namespace tidings::config
