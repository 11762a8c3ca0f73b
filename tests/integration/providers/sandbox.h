// A sandbox of the test's own (tests/sandbox), and providers that are configured for it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "config/config.h"
#include "http/client.h"
#include "providers/outcomes.h"
#include "providers/provider.h"
#include "runtime/loop.h"

namespace tidings::notification {
inline void PrintTo(OutcomeKind kind, std::ostream* out) { *out << toString(kind); }
}  // namespace tidings::notification

namespace tidings::providers {

// The program, started for this object's life in a directory of its own.
class SandboxProcess {
 public:
  SandboxProcess();  // throws std::runtime_error when it doesn't come up
  ~SandboxProcess();
  SandboxProcess(const SandboxProcess&) = delete;
  SandboxProcess& operator=(const SandboxProcess&) = delete;

  const nlohmann::json& ready() const { return ready_; }
  const std::string& dir() const { return dir_; }

 private:
  std::string dir_;
  int pid_ = -1;
  int output_ = -1;
  nlohmann::json ready_;
};

class SandboxTest : public testing::Test {
 protected:
  using K = OutcomeKind;

  SandboxTest();

  // FCM and Twilio, in the clear or over TLS with HTTP/2; `change` may touch any setting.
  using Change = std::function<void(config::ProviderConfig&)>;
  std::unique_ptr<Provider> fcm(bool tls = false, const Change& change = {});
  std::unique_ptr<Provider> twilio(const Change& change = {});
  std::unique_ptr<Provider> smtp(config::SmtpTls tls = config::SmtpTls::starttls,
                                 const Change& change = {});

  static OutboundMessage messageTo(std::string address);
  Outcome send(Provider& provider, const OutboundMessage& message);
  std::vector<Outcome> sendMany(Provider& provider, const OutboundMessage& message, size_t count);

  // The control API; fails the test unless it answers 2xx.
  nlohmann::json get(const std::string& path);
  nlohmann::json post(const std::string& path, const nlohmann::json& body);
  void fault(const nlohmann::json& rule) { post("/faults", rule); }
  // How many requests of the provider arrived, accepted or not.
  int arrived(const std::string& provider);
  nlohmann::json lastRequest();

  // A certificate authority that signed nothing.
  std::string otherCa();
  std::string sandboxCa() const { return ready()["caFile"]; }
  const nlohmann::json& ready() const { return process_.ready(); }

  SandboxProcess process_;
  SystemClock clock_;
  Loop loop_{clock_};
  http::Client client_{loop_};

 private:
  static Task<void> sendOne(SandboxTest& self, Provider& provider, const OutboundMessage& message,
                            Outcome& outcome);
  static Task<void> sendAll(SandboxTest& self, Provider& provider, const OutboundMessage& message,
                            std::vector<Outcome>& outcomes);
  std::unique_ptr<Provider> make(config::ProviderConfig config, const Change& change);
  nlohmann::json ask(http::Method method, const std::string& path, const std::string& body);

  // Its connections are not counted with the providers'.
  http::Client controlClient_{loop_};
  std::unique_ptr<http::Origin> control_;
};

}  // namespace tidings::providers
