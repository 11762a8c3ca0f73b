// Reading template files, once, at load. Blocking; the only part of this room that touches files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "render/mustache.h"

namespace tidings::render {

inline constexpr std::string_view kSuffix = ".mustache";

// What is wrong with a directory of templates, all of it, so that people need not fix and retry.
class Problems {
 public:
  void add(std::string what);
  bool none() const { return all_.empty(); }
  Error error() const;  // Precondition: !none().

 private:
  std::vector<std::string> all_;
};

// Sorted by name; hidden files (beginning with a dot) are not listed.
std::vector<std::filesystem::directory_entry> list(const std::filesystem::path& directory,
                                                   Problems& problems);

// False also where it can't be told: reading it will say why.
bool isDirectory(const std::filesystem::directory_entry& entry);

// At most 1 MiB.
Result<std::string> readFile(const std::filesystem::path& path);

// Compiles the file; `name` is what error messages call it.
Result<Template> loadTemplate(const std::filesystem::path& path, std::string_view name);

// "; did you mean 'x'?" where a known name is near, else "".
std::string suggestion(std::string_view found, const std::vector<std::string_view>& known);

}  // namespace tidings::render
