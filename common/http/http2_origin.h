// One HTTP server that is asked for HTTP/2, and spoken to as it answers, by libcurl's own
// transfers: a pool of prepared easy handles and a bounded number of places.
#pragma once

#include <memory>
#include <vector>

#include "http/deadlines.h"
#include "http/multi.h"
#include "http/places.h"
#include "http/silent_connections.h"

namespace tidings::http {

class Http2Handle;

class Http2Origin final : public Origin {
 public:
  Http2Origin(Multi& multi, Options options, bool loopback);
  ~Http2Origin() override;
  Task<Response> send(Request request, Deadline deadline) override;

 private:
  class Lease;

  Task<int> perform(Http2Handle& handle, Deadline deadline);
  Task<int> performAfresh(Http2Handle& handle, Deadline deadline);

  Multi& multi_;
  const Options options_;
  const bool loopback_;
  Places places_;
  Deadlines deadlines_;
  SilentConnections silent_;
  std::vector<std::unique_ptr<Http2Handle>> idle_;
};

}  // namespace tidings::http
