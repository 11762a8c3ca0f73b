#include "config/interpolate.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace tidings::config {
namespace {

constexpr size_t maxSecretBytes = 64 * 1024;

Error invalid(std::string message) { return Error{ErrorKind::invalid, std::move(message)}; }

bool isVariable(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view digits = "0123456789";
  if (name.empty() || letters.find(name.front()) == std::string_view::npos) return false;
  for (const char c : name) {
    constexpr auto none = std::string_view::npos;
    if (letters.find(c) == none && digits.find(c) == none) return false;
  }
  return true;
}

Result<std::string> fromFile(std::string_view name, const std::filesystem::path& directory) {
  auto content = readSmallFile(directory / name, maxSecretBytes);
  if (!content) return invalid("can't read " + std::string(name) + ": " + content.error().message);
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  return content;
}

Result<std::string> resolve(std::string_view inside, const EnvLookup& env,
                            const std::filesystem::path& directory) {
  if (inside.starts_with("file:")) return fromFile(inside.substr(5), directory);
  const size_t mark = inside.find(":-");
  const std::string name(inside.substr(0, mark));
  if (!isVariable(name) || inside.find("${") != std::string_view::npos) {
    return invalid("found ${" + name + "}, expected ${NAME}, ${NAME:-default} or ${file:/path}");
  }
  const auto value = env(name);
  const bool hasDefault = mark != std::string_view::npos;
  if (hasDefault) return value && !value->empty() ? *value : std::string(inside.substr(mark + 2));
  if (value) return *value;
  return invalid("the environment variable " + name + " is not set, and there is no default");
}

}  // namespace

Result<std::string> readSmallFile(const std::filesystem::path& path, size_t limit) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return invalid("no such file");
  if (!std::filesystem::is_regular_file(status)) return invalid("not a regular file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid(std::strerror(errno));
  std::string content(limit + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(in.gcount()));
  if (in.bad()) return invalid("reading failed");
  if (content.size() > limit) return invalid("larger than " + std::to_string(limit) + " bytes");
  return content;
}

Result<std::string> interpolate(std::string_view text, const EnvLookup& env,
                                const std::filesystem::path& directory) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find("${");
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open + 2);
    if (out.ends_with('$') && open > 0) {  // "$${"
      out += '{';
      continue;
    }
    const size_t close = text.find('}');
    if (close == std::string_view::npos) return invalid("found ${ without a closing }");
    auto value = resolve(text.substr(0, close), env, directory);
    if (!value) return value;
    out += *value;
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace tidings::config
