// A small valid configuration to be damaged, and an environment made by hand.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "config/config.h"

namespace tidings::config::testing {

inline EnvLookup environment(std::map<std::string, std::string> values = {}) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto it = values.find(std::string(name));
    return it == values.end() ? std::nullopt : std::optional(it->second);
  };
}

inline const std::string base = R"(amqp:
  urls: amqp://u:secretpw@127.0.0.1/tidings
postgres:
  url: postgresql://u:secretpw@127.0.0.1/tidings
providers:
  mail:
    kind: smtp
    host: smtp.example.com
    from: Example <hello@example.com>
  sms1:
    kind: twilio
    account_sid: AC0123456789abcdef0123456789abcdef
    auth_token: secrettoken
    from: "+15550100"
channels:
  email: {providers: [mail]}
  sms: {providers: [sms1]}
types:
  comment:
    channels: [email, sms]
)";

// The base with `from` replaced by `to`; the first occurrence.
inline std::string changed(const std::string& from, const std::string& to) {
  std::string text = base;
  const size_t at = text.find(from);
  return at == std::string::npos ? "no such text: " + from : text.replace(at, from.size(), to);
}

inline Result<Config> read(const std::string& yaml, const EnvLookup& env = environment()) {
  return parse(yaml, "t.yaml", env);
}

inline std::string errorOf(const Result<Config>& result) {
  return result ? "no error" : result.error().message;
}

inline std::string errorOf(const std::string& yaml) { return errorOf(read(yaml)); }

// A directory of its own for each test, gone afterwards.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "tidings-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tidings::config::testing
