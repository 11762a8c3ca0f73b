// The servers of loopback.mjs, and a client with the loop it runs on. One per test.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>

#include "http/client.h"

namespace tidings::http {

class Loopback {
 public:
  Loopback();   // waits until all listen
  ~Loopback();  // ends them
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  int port(const char* name) const { return facts_.at(name).get<int>(); }
  std::string file(const char* name) const { return facts_.at(name).get<std::string>(); }
  std::string url(const char* scheme, const char* portName, const char* path = "") const;

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  nlohmann::json facts_;
};

class HttpTest : public ::testing::Test {
 protected:
  Deadline in(Millis wait) const { return Deadline::after(clock_, wait); }

  std::unique_ptr<Origin> origin(Origin::Options options);
  Response get(Origin& from, const std::string& url);
  Response post(Origin& to, const std::string& url, Millis wait = std::chrono::seconds{10});
  // What the servers have counted, asked for on a connection of its own.
  nlohmann::json ask(const char* path);

  SystemClock clock_;
  Loopback servers_;
  Loop loop_{clock_};
  Client client_{loop_};
};

}  // namespace tidings::http
