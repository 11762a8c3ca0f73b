// libcurl's connections on which nothing came for as long as a request may take: dead without a
// word, or at a server that hangs. libcurl would go on using one until the kernel gives it up,
// which can take a quarter of an hour. Nothing more is to be written to such a one; what is under
// way on it keeps its time; and when as much time has passed again without a byte, it is ended.
//
// Owner: an Http2Origin. Loop thread only.
#pragma once

#include <memory>
#include <vector>

#include "http/deadlines.h"
#include "http/multi.h"

namespace tidings::http {

class SilentConnections {
 public:
  SilentConnections(Multi& multi, Deadlines& deadlines);
  ~SilentConnections();
  SilentConnections(const SilentConnections&) = delete;
  SilentConnections& operator=(const SilentConnections&) = delete;

  // A request that was written then got no answer in time.
  void suspect(const SocketEnds& ends, MonoTime written);
  // False again as soon as something came.
  bool contain(const SocketEnds& ends) const;

 private:
  struct Suspect;
  void conclude(const Suspect& suspect);

  Multi& multi_;
  Deadlines& deadlines_;
  std::vector<std::unique_ptr<Suspect>> suspects_;
};

}  // namespace tidings::http
