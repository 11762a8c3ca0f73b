// One HTTP server: a pool of prepared easy handles and a bounded number of places.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/multi.h"
#include "runtime/semaphore.h"

namespace tidings::http {

class HttpOrigin final : public Origin {
 public:
  HttpOrigin(Multi& multi, Options options, bool allowHttp, bool loopback);
  ~HttpOrigin() override;
  Task<Response> send(Request request, Deadline deadline) override;

 private:
  struct Handle;
  class Lease;

  std::unique_ptr<Handle> makeHandle();
  void prepare(Handle& handle, const Request& request, Millis timeout);
  Response finish(Handle& handle, int code);

  Multi& multi_;
  const Options options_;
  const bool allowHttp_;
  const bool loopback_;
  Semaphore places_;
  std::vector<std::unique_ptr<Handle>> idle_;
};

}  // namespace tidings::http
