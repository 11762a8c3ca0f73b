// One of libcurl's easy handles for requests to one origin, one after the other, and what its
// callbacks write to.
//
// Owner: its Http2Origin. Loop thread only. Headers are compiled with libcurl's, so this one is for
// http2_origin.cpp alone.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "http/deadlines.h"
#include "http/multi.h"
#include "http/silent_connections.h"

namespace tidings::http {

class Http2Handle final : public Deadlines::Wait {
 public:
  // What it refers to outlives it.
  Http2Handle(Multi& multi, SilentConnections& silent, const Origin::Options& options,
              bool loopback);
  ~Http2Handle() override;
  Http2Handle(const Http2Handle&) = delete;
  Http2Handle& operator=(const Http2Handle&) = delete;

  // The request's body is not copied.
  void prepare(const Request& request, Deadline deadline);
  // On a connection of its own, or on any.
  void useFreshConnection(bool fresh);
  CURL* easy() const { return easy_; }

  // Of a transfer that ended with this CURLcode:
  bool wasMisled();            // it would have been written to a silent connection, and was not
  bool wasNotTaken(int code);  // the server took nothing of it, and there is time to try again
  Response finish(int code);

 private:
  struct Callbacks;

  void onLate() override;
  void setUrl(std::string_view to);
  long requestSize() const;
  void learnHowItEnded();
  bool sent();

  Multi& multi_;
  SilentConnections& silent_;
  const Origin::Options& options_;
  const Clock& clock_;
  char error_[CURL_ERROR_SIZE] = {};
  CURL* easy_;
  CURLU* parsed_ = curl_url();
  // Options that stay the same from request to request are set again only when they change, because
  // libcurl copies each.
  std::string url_;
  std::shared_ptr<const Headers> headers_;
  std::string answer_;
  bool truncated_ = false;
  bool answeredEarly_ = false;
  bool begun_ = false;  // the request was about to be written
  MonoTime begunAt_{};
  SocketEnds ends_;
  bool repeated_ = false;  // libcurl wanted to write it a second time
  bool late_ = false;      // it was connected too late to write it
  bool misled_ = false;    // it would have been written to a silent connection
  long sentBefore_ = 0;    // CURLINFO_REQUEST_SIZE without what may have been taken
  Deadline handOverBy_ = Deadline::at({});
};

}  // namespace tidings::http
