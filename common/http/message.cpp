#include "http/message.h"

#include <curl/curl.h>

#include <stdexcept>
#include <vector>

#include "http/mail.h"

namespace tidings::http {

std::shared_ptr<const Headers> Headers::make(std::initializer_list<Field> fields) {
  std::shared_ptr<Headers> headers(new Headers);
  // As a line of ours, because libcurl formats its own user agent twice for each request.
  std::vector<Field> all{{"User-Agent", "tidings"}};
  all.insert(all.end(), fields);
  for (const auto& [name, value] : all) {
    std::string line(name);
    line += value.empty() ? ":" : ": ";  // "Name:" takes a header of libcurl's own away
    line += value;
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      throw std::invalid_argument("a header holds a line break: " +
                                  std::string(name.substr(0, 64)));
    }
    auto* grown = curl_slist_append(static_cast<curl_slist*>(headers->list_), line.c_str());
    if (grown == nullptr) throw std::bad_alloc();
    headers->list_ = grown;
  }
  return headers;
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
