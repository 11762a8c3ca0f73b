#include "render/template_files.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "render/names.h"

namespace tidings::render {

namespace fs = std::filesystem;

void Problems::add(std::string what) { all_.push_back(std::move(what)); }

Error Problems::error() const {
  constexpr size_t kMost = 20;
  std::string text;
  for (size_t i = 0; i < std::min(all_.size(), kMost); ++i) text += (i > 0 ? "\n" : "") + all_[i];
  if (all_.size() > kMost) text += "\nand " + std::to_string(all_.size() - kMost) + " more";
  return {ErrorKind::invalid, text};
}

std::vector<fs::directory_entry> list(const fs::path& directory, Problems& problems) {
  std::vector<fs::directory_entry> entries;
  std::error_code failed;
  for (fs::directory_iterator it(directory, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (!it->path().filename().string().starts_with('.')) entries.push_back(*it);
  }
  if (failed) problems.add(directory.string() + ": can't be listed: " + failed.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool isDirectory(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

Result<std::string> readFile(const fs::path& path) {
  constexpr size_t kMost = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char block[4096];
  while (file.read(block, sizeof block).gcount() > 0 && text.size() <= kMost) {
    text.append(block, static_cast<size_t>(file.gcount()));
  }
  if (text.size() > kMost) return Error{ErrorKind::invalid, "found more than 1 MiB"};
  if (file.bad() || !file.eof()) return Error{ErrorKind::invalid, "the file can't be read"};
  return text;
}

Result<Template> loadTemplate(const fs::path& path, std::string_view name) {
  Result<std::string> text = readFile(path);
  if (!text) return Error{text.error().kind, std::string(name) + ": " + text.error().message};
  std::string_view source = *text;
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  return compile(source, name);
}

std::string suggestion(std::string_view found, const std::vector<std::string_view>& known) {
  const std::string_view near = nearest(found, known);
  return near.empty() ? "" : "; did you mean '" + std::string(near) + "'?";
}

}  // namespace tidings::render
