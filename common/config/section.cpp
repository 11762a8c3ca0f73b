// What a section holds, and what is wrong with it. What its values mean is in section_values.cpp.
#include "config/section.h"

#include <algorithm>

#include "base/utf8.h"
#include "config/interpolate.h"
#include "config/nearest.h"

namespace tidings::config {
namespace {

int lineOf(const YAML::Node& node, int otherwise) {
  const int line = node.Mark().line;
  return line < 0 ? otherwise : line + 1;
}

std::string kindOf(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  return node.IsSequence() ? "a list" : "a single value";
}

std::string presentable(const std::string& raw, const std::string& value) {
  const bool substituted = raw.find("${") != std::string::npos;
  if (substituted) return cleanText(raw, 80) + " (what it stands for isn't shown)";
  return '"' + cleanText(value, 80) + '"';
}

}  // namespace

Section::Section(Context& context, const YAML::Node& node, std::string path, int line)
    : context_(&context),
      path_(std::move(path)),
      line_(line),
      faultsBefore_(context.problems.size()) {
  if (!node.IsDefined() || node.IsNull()) return;
  if (node.IsMap()) {
    collect(node, 0);
  } else {
    complain(line_, "", "found " + kindOf(node) + ", expected a mapping (key: value)");
  }
}

void Section::collect(const YAML::Node& node, int depth) {
  std::vector<YAML::Node> merges;
  std::vector<std::string> own;
  for (const auto& member : node) {
    const int line = lineOf(member.first, line_);
    if (!member.first.IsScalar()) {
      complain(line, "", "found " + kindOf(member.first) + " as a key, expected a name");
      continue;
    }
    const std::string key = member.first.Scalar();
    if (key == "<<") {
      merges.push_back(member.second);
    } else if (std::find(own.begin(), own.end(), key) != own.end()) {
      complain(line, key, "found twice, expected once");
    } else {
      own.push_back(key);
      add(key, member.second, line, depth > 0);
    }
  }
  for (const auto& merge : merges) collectMerged(merge, depth + 1);
}

// YAML 1.1 merges: the section's own keys win, then the earlier merge.
void Section::collectMerged(const YAML::Node& node, int depth) {
  constexpr int deepest = 4;
  if (depth > deepest) return complain(line_, "<<", "found merges nested too deeply");
  if (node.IsMap()) return collect(node, depth);
  if (!node.IsSequence() || node.size() > 16) {
    return complain(line_, "<<", "found " + kindOf(node) + ", expected a mapping or a short list");
  }
  for (const auto& each : node) {
    if (!each.IsMap()) {
      complain(lineOf(each, line_), "<<", "found " + kindOf(each) + ", expected a mapping");
    } else {
      collect(each, depth);
    }
  }
}

void Section::add(const std::string& key, const YAML::Node& value, int line, bool merged) {
  if (merged && find(key)) return;
  members_.push_back({key, value, line});
}

const Section::Member* Section::find(std::string_view key) const {
  const auto it =
      std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.key == key; });
  return it == members_.end() ? nullptr : &*it;
}

Section::Member* Section::use(std::string_view key) {
  asked_.emplace_back(key);
  const auto it =
      std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.key == key; });
  if (it == members_.end()) return nullptr;
  it->used = true;
  return it->value.IsNull() ? nullptr : &*it;
}

bool Section::has(std::string_view key) const {
  const Member* member = find(key);
  return member && !member->value.IsNull();
}

int Section::line(std::string_view key) const {
  const Member* member = find(key);
  return member ? member->keyLine : line_;
}

std::string Section::path(std::string_view key) const {
  if (key.empty()) return path_;
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> out;
  for (const auto& member : members_) out.push_back(member.key);
  return out;
}

std::optional<Scalar> Section::expand(const YAML::Node& node, std::string_view key) {
  const int at = lineOf(node, line(key));
  if (!node.IsScalar()) {
    if (!context_->lenient) {
      complain(at, key, "found " + kindOf(node) + ", expected a single value");
    }
    return std::nullopt;
  }
  if (context_->lenient) return std::nullopt;
  auto value = interpolate(node.Scalar(), context_->env, context_->directory);
  if (!value) {
    complain(at, key, value.error().message);
    return std::nullopt;
  }
  std::string show = presentable(node.Scalar(), *value);
  return Scalar{*std::move(value), std::move(show), at};
}

std::string Section::shown(std::string_view key) const {
  const Member* member = find(key);
  if (!member || member->value.IsNull()) return "nothing";
  return member->value.IsScalar() ? presentable(member->value.Scalar(), member->value.Scalar())
                                  : kindOf(member->value);
}

std::optional<Scalar> Section::scalar(std::string_view key) {
  const Member* member = use(key);
  return member ? expand(member->value, key) : std::nullopt;
}

std::vector<Scalar> Section::list(std::string_view key) {
  const Member* member = use(key);
  if (!member) return {};
  std::vector<Scalar> out;
  if (!member->value.IsSequence()) {
    if (auto one = expand(member->value, key)) out.push_back(*std::move(one));
    return out;
  }
  for (const auto& item : member->value) {
    if (auto one = expand(item, key)) out.push_back(*std::move(one));
  }
  return out;
}

Section Section::section(std::string_view key) {
  const Member* member = use(key);
  return Section(*context_, member ? member->value : YAML::Node(), path(key), line(key));
}

void Section::each(const std::function<void(const std::string&, Section)>& visit) {
  for (auto& member : members_) {
    member.used = true;
    visit(member.key, Section(*context_, member.value, path(member.key), member.keyLine));
  }
}

void Section::refuse(std::string_view key, const std::string& found, const std::string& expected) {
  complain(line(key), key, "found " + found + ", expected " + expected);
}

void Section::refuse(const Scalar& at, std::string_view key, const std::string& expected) {
  complain(at.line, key, "found " + at.shown + ", expected " + expected);
}

void Section::complain(int line, std::string_view key, const std::string& what) {
  if (!context_->lenient) context_->problems.add(line, path(key), what);
}

void Section::finish() {
  for (const auto& member : members_) {
    if (member.used) continue;
    context_->problems.add(member.keyLine, path(member.key),
                           "unknown key" + suggestion(member.key, asked_));
  }
}

}  // namespace tidings::config
