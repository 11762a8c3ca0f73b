#include "providers/unsubscribe.h"

#include <algorithm>

#include "providers/encode.h"

namespace tidings::providers {
namespace {

constexpr size_t maxLink = 900;

Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool isUriText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '<' && c != '>' && c != '"' && c != '{' && c != '}';
  });
}

}  // namespace

Result<Unsubscribe::Link> Unsubscribe::parseLink(std::string_view text) {
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  if (!text.starts_with("https://") && !text.starts_with("http://") &&
      !text.starts_with("mailto:")) {
    return invalid("expected https:, http: or mailto: links, separated by commas");
  }
  static constexpr std::pair<std::string_view, Field> fields[] = {
      {"recipient", Field::recipient},
      {"address", Field::address},
      {"notificationId", Field::notificationId},
      {"deliveryId", Field::deliveryId}};
  Link link;
  for (;;) {
    const size_t open = text.find("{{");
    Piece piece{std::string(text.substr(0, open))};
    if (!isUriText(piece.text)) return invalid("a link holds what no URL may hold");
    if (open == std::string_view::npos) {
      link.push_back(std::move(piece));
      return link;
    }
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return invalid("{{ without }}");
    const std::string_view name = trimmed(text.substr(open + 2, close - open - 2));
    const auto* field = std::find_if(std::begin(fields), std::end(fields),
                                     [&](const auto& known) { return known.first == name; });
    if (field == std::end(fields)) {
      return invalid("found {{" + std::string(name) +
                     "}}, expected recipient, address, notificationId or deliveryId");
    }
    piece.field = field->second;
    link.push_back(std::move(piece));
    text.remove_prefix(close + 2);
  }
}

Result<Unsubscribe> Unsubscribe::parse(std::string_view text) {
  Unsubscribe unsubscribe;
  text = trimmed(text);
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    auto link = parseLink(trimmed(text.substr(0, comma)));
    if (!link.ok()) return link.error();
    unsubscribe.links_.push_back(std::move(*link));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return unsubscribe;
}

std::string Unsubscribe::fill(const Link& link, const OutboundMessage& message) {
  std::string out;
  for (const Piece& piece : link) {
    out += piece.text;
    switch (piece.field) {
      case Field::none:
        break;
      case Field::recipient:
        appendPercent(out, message.recipient);
        break;
      case Field::address:
        appendPercent(out, message.address);
        break;
      case Field::notificationId:
        appendPercent(out, message.notificationId);
        break;
      case Field::deliveryId:
        appendPercent(out, message.deliveryId);
        break;
    }
  }
  return out;
}

void Unsubscribe::append(std::string& out, const OutboundMessage& message) const {
  std::string list;
  bool oneClick = false;
  for (const Link& link : links_) {
    const std::string uri = fill(link, message);
    if (uri.size() > maxLink) continue;
    oneClick |= uri.starts_with("https://");
    if (!list.empty()) list += ",\r\n ";
    list.append("<").append(uri).append(">");
  }
  if (list.empty()) return;
  out.append("List-Unsubscribe: ").append(list).append("\r\n");
  if (oneClick) out += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
}

}  // namespace tidings::providers
