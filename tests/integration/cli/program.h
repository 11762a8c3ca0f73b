// Runs the program as a user would, with a configuration, types and queues of the test's own.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "integration/queue/broker.h"

namespace tidings::cli {

struct Ran {
  int code = -1;
  std::string out, err;
};

// A standard input that stays open and is silent but for what is written to it.
class OpenInput {
 public:
  explicit OpenInput(std::string file);
  ~OpenInput();
  OpenInput(const OpenInput&) = delete;
  OpenInput& operator=(const OpenInput&) = delete;
  void write(const std::string& text) const;

 private:
  const std::string file_;
  int fd_;
};

using Arguments = std::vector<std::string>;

class ProgramTest : public queue::BrokerTest {
 protected:
  ProgramTest();
  ~ProgramTest() override;

  // With --config and `input` on standard input.
  Ran run(Arguments arguments, const std::string& input = "");
  nlohmann::json runJson(Arguments arguments, const std::string& input = "");
  // Starts it and doesn't wait; the process id.
  int start(Arguments arguments);
  // For what is started while it lives, in place of the input of run().
  OpenInput openInput() const { return OpenInput(path("in")); }
  static int waitFor(int pid);

  std::string write(const std::string& file, const std::string& text);
  std::string path(const std::string& file) const { return dir_ + "/" + file; }
  // Of the first type and of the second.
  std::string type(int which = 0) const { return name(which == 0 ? "order" : "like"); }

  // The second type is taken out of the configuration; its queues stay.
  void configureFirstTypeOnly() { writeConfig(1); }

  // So many sent deliveries of a notification, in the journal by hand; those that are there stay.
  void journalDeliveries(const std::string& notification, int count);
  // A dead letter n-WHICH as a line for `dlq import`.
  static nlohmann::json letter(const std::string& type, int which, const std::string& reason);
  // Dead letters n-FIRST … of a type, with reason and address, put there by hand.
  void bury(const std::string& type, int first, int count, const std::string& reason);
  size_t depthOf(const std::string& queue) { return loop.run(depth(queue)); }
  // Awaits that so many are in the queue; false after a while without.
  bool reaches(const std::string& queue, size_t atLeast);
  // Takes out all that is in the queue.
  std::vector<queue::Incoming> takeAll(const std::string& queue);
  static std::multiset<std::string> idsOf(const std::vector<queue::Incoming>& messages);

 private:
  void writeConfig(int types);
  void removeQuietly(const std::string& queue);
  std::string dir_;
};

}  // namespace tidings::cli
