// One mapping of the file, read key by key. Every reader records what is wrong and returns the
// default, so that one pass finds all faults. What nobody asked for is an unknown key.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/problems.h"

namespace tidings::config {

// What all sections of one file share. Outlives them.
struct Context {
  const EnvLookup& env;
  std::filesystem::path directory;  // relative paths count from here
  Problems problems;
  bool lenient = false;  // inside what is switched off: only the shape counts, no value is read
};

// A scalar after substitution, and how it may be shown: never what a variable or file held.
struct Scalar {
  std::string value;
  std::string shown;
  int line = 0;
};

class Section {
 public:
  Section(Context& context, const YAML::Node& node, std::string path, int line);

  bool has(std::string_view key) const;
  int line(std::string_view key) const;  // the section's own if the key is absent
  std::string path(std::string_view key) const;
  std::vector<std::string> keys() const;

  // Absent, null and faulty are nullopt; faults are recorded.
  std::optional<Scalar> scalar(std::string_view key);
  std::string text(std::string_view key, std::string fallback = "");
  std::string required(std::string_view key, const std::string& expected);
  Secret secret(std::string_view key);
  bool boolean(std::string_view key, bool fallback);
  int integer(std::string_view key, int fallback, int low, int high);
  double number(std::string_view key, double fallback, double low, double high);
  Millis duration(std::string_view key, Millis fallback, Millis low, Millis high);
  std::string file(std::string_view key);  // an absolute path; complains if nothing is there
  std::string absolute(std::string_view key, const std::string& fallback);
  std::vector<Scalar> list(std::string_view key);  // a lone scalar is a list of one

  template <class E>
  E choice(std::string_view key, E fallback,
           const std::vector<std::pair<std::string_view, E>>& words);

  Section section(std::string_view key);
  // Every member of this section as a section of its own: its name is free.
  void each(const std::function<void(const std::string& name, Section)>& visit);

  // How the value of a key may be shown; "nothing" if it is absent.
  std::string shown(std::string_view key) const;
  // "key: found <shown>, expected <expected>".
  void refuse(std::string_view key, const std::string& found, const std::string& expected);
  void refuse(const Scalar& at, std::string_view key, const std::string& expected);
  void complain(int line, std::string_view key, const std::string& what);
  // Nothing in here was refused so far, so that values can be compared with each other.
  bool faultless() const { return context_->problems.size() == faultsBefore_; }
  // To be called when all is read: what is left is unknown.
  void finish();

  Context& context() { return *context_; }

 private:
  struct Member {
    std::string key;
    YAML::Node value;
    int keyLine;
    bool used = false;
  };
  void collect(const YAML::Node& node, int depth);
  void collectMerged(const YAML::Node& node, int depth);
  void add(const std::string& key, const YAML::Node& value, int line, bool merged);
  Member* use(std::string_view key);
  const Member* find(std::string_view key) const;
  std::optional<Scalar> oneLine(std::string_view key);
  std::optional<Scalar> expand(const YAML::Node& node, std::string_view key);

  Context* context_;
  std::string path_;
  int line_;
  size_t faultsBefore_;
  std::vector<Member> members_;
  std::vector<std::string> asked_;
};

template <class E>
E Section::choice(std::string_view key, E fallback,
                  const std::vector<std::pair<std::string_view, E>>& words) {
  const auto found = scalar(key);
  if (!found) return fallback;
  std::string expected;
  for (const auto& [word, value] : words) {
    if (found->value == word) return value;
    expected.append(expected.empty() ? "" : ", ").append(word);
  }
  refuse(*found, key, "one of " + expected);
  return fallback;
}

}  // namespace tidings::config
