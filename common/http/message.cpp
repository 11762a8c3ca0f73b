#include "http/message.h"

#include <curl/curl.h>

#include <stdexcept>

#include "http/mail.h"

namespace tidings::http {

std::shared_ptr<const Headers> Headers::make(std::initializer_list<Field> fields) {
  std::shared_ptr<Headers> headers(new Headers);
  constexpr std::string_view us = "User-Agent: tidings\r\n";
  size_t size = us.size();
  for (const auto& [name, value] : fields) size += name.size() + value.size() + 4;
  headers->lines_.reserve(size);
  headers->lines_ += us;
  for (const auto& [name, value] : fields) {
    for (const std::string_view text : {name, value}) {
      if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) continue;
      throw std::invalid_argument("a header holds a line break: " +
                                  std::string(name.substr(0, 64)));
    }
    headers->lines_.append(name).append(": ").append(value).append("\r\n");
  }
  return headers;
}

void* Headers::list() const {
  if (list_ != nullptr) return list_;
  for (std::string_view rest = lines_; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    const std::string line(rest.substr(0, rest.find('\r')));
    auto* grown = curl_slist_append(static_cast<curl_slist*>(list_), line.c_str());
    if (grown == nullptr) throw std::bad_alloc();
    list_ = grown;
  }
  return list_;
}

Headers::~Headers() { curl_slist_free_all(static_cast<curl_slist*>(list_)); }

std::string_view toString(Transport transport) {
  switch (transport) {
    case Transport::ok:
      return "ok";
    case Transport::notSent:
      return "not_sent";
    case Transport::busy:
      return "busy";
    case Transport::unknown:
      return "unknown";
    case Transport::tls:
      return "tls";
    case Transport::broken:
      return "broken";
  }
  return "broken";
}

std::string_view toString(MailTransport transport) {
  switch (transport) {
    case MailTransport::ok:
      return "ok";
    case MailTransport::refused:
      return "refused";
    case MailTransport::notSent:
      return "not_sent";
    case MailTransport::busy:
      return "busy";
    case MailTransport::unknown:
      return "unknown";
    case MailTransport::tls:
      return "tls";
    case MailTransport::noAuth:
      return "no_auth";
    case MailTransport::broken:
      return "broken";
  }
  return "broken";
}

std::string_view toString(MailStage stage) {
  switch (stage) {
    case MailStage::connect:
      return "connect";
    case MailStage::auth:
      return "auth";
    case MailStage::from:
      return "from";
    case MailStage::recipient:
      return "recipient";
    case MailStage::data:
      return "data";
    case MailStage::accepted:
      return "accepted";
  }
  return "accepted";
}

}  // namespace tidings::http
