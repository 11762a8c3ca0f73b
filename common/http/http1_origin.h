// One HTTP/1.1 server: kept connections and a bounded number of places.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/http1_connection.h"
#include "http/places.h"
#include "http/url.h"

namespace tidings::http {

class Http1Origin final : public Origin {
 public:
  Http1Origin(Multi& multi, Options options, BaseUrl base, bool allowHttp);
  Task<Response> send(Request request, Deadline deadline) override;

 private:
  bool aim(std::string_view url);
  std::string compose(const Request& request) const;
  std::unique_ptr<Http1Connection> takeIdle();

  const Options options_;
  const BaseUrl base_;
  Places places_;
  Deadlines deadlines_;
  Http1Site site_;
  std::string url_;    // of the request before
  std::string toUrl_;  // what its first line and its Host header had from it
  std::vector<std::unique_ptr<Http1Connection>> idle_;  // oldest use first
};

}  // namespace tidings::http
