// The List-Unsubscribe header (RFC 2369, RFC 8058). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "providers/provider.h"

namespace tidings::providers {

class Unsubscribe {
 public:
  // Links separated by commas (write %2C for one inside a link), with or without angle brackets;
  // each https:, http: or mailto:. {{recipient}}, {{address}}, {{notificationId}} and
  // {{deliveryId}} are replaced by the message's own, percent-encoded. Error{invalid} says what
  // can't be used. An empty text makes no headers.
  static Result<Unsubscribe> parse(std::string_view text);

  // The headers with their CRLFs: List-Unsubscribe, and the one-click header if a link is https:.
  // A link that grows over 900 bytes is left out.
  void append(std::string& out, const OutboundMessage& message) const;

 private:
  enum class Field { none, recipient, address, notificationId, deliveryId };
  struct Piece {
    std::string text;
    Field field = Field::none;  // stands behind the text
  };
  using Link = std::vector<Piece>;

  static Result<Link> parseLink(std::string_view text);
  static std::string fill(const Link& link, const OutboundMessage& message);

  std::vector<Link> links_;
};

}  // namespace tidings::providers
