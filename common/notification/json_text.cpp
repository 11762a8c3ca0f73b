#include "notification/json_text.h"

#include <array>
#include <optional>
#include <string>

#include "base/plain_text.h"
#include "base/utf8.h"
#include "notification/notification.h"

namespace tidings::notification {
namespace {

using nlohmann::json;

Error malformed(std::string message) { return Error{ErrorKind::invalid, std::move(message)}; }

// The bytes at which the scan has to stop and think, inside and outside of strings.
struct Stops {
  std::array<bool, 256> inside{};
  std::array<bool, 256> outside{};
};
constexpr Stops stops = [] {
  Stops out;
  for (size_t c = 0; c < 0x20; ++c) out.inside[c] = out.outside[c] = true;
  for (const unsigned char c : {'\t', '\n', '\r'}) out.inside[c] = out.outside[c] = false;
  for (const unsigned char c : {'"', '\\'}) out.inside[c] = true;
  for (const unsigned char c : {'"', '{', '}', '[', ']'}) out.outside[c] = true;
  return out;
}();

// One pass without recursion before the parser sees anything: the parser is written for friends
// (it takes a NUL byte for the end of the text, and builds whatever depth it is given).
class Scan {
 public:
  explicit Scan(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Error> run() {
    if (auto error = structure()) return error;
    const auto bad = findInvalidUtf8(bytes_);
    if (!bad) return std::nullopt;
    at_ = *bad;
    return fail("found bytes that are not UTF-8", "UTF-8");
  }

 private:
  std::optional<Error> structure() {
    bool inString = false;
    for (; at_ < bytes_.size(); ++at_) {
      if (inString) at_ += plainPrefix(bytes_.substr(at_));
      if (at_ == bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_]);
      if (!(inString ? stops.inside : stops.outside)[byte]) continue;
      if (byte < 0x20) return fail("found a control character", "an escape such as \\u0001");
      if (byte == '"') inString = !inString;
      if (byte == '\\') skipEscape();
      if (byte == '{' || byte == '[') ++depth_;
      if (byte == '}' || byte == ']') --depth_;
      if (depth_ > maxDepth) {
        return fail("found nesting deeper than " + std::to_string(maxDepth) + " levels",
                    "at most that");
      }
    }
    return std::nullopt;
  }
  // Past the byte after a backslash, unless the escape is a broken one anyway.
  void skipEscape() {
    if (at_ + 1 < bytes_.size() && (bytes_[at_ + 1] == '"' || bytes_[at_ + 1] == '\\')) ++at_;
  }
  Error fail(const std::string& found, const std::string& expected) const {
    return malformed("the body: " + found + " at byte " + std::to_string(at_) + ", expected " +
                     expected);
  }

  std::string_view bytes_;
  size_t at_ = 0;
  int depth_ = 0;
};

// Runs the parser a second time, only to hear what it stumbled over.
class Complaint final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(std::string&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&, const json::exception& e) override {
    text = "the body: found invalid JSON at byte " +
           std::to_string(position > 0 ? position - 1 : 0) + " (" + reason(e.what()) +
           "), expected a JSON object";
    return false;
  }

  std::string text = "the body: found invalid JSON, expected a JSON object";

 private:
  // "[json.exception…] parse error at line 1, column 2: syntax error while parsing value - invalid
  // literal; last read: '<content>'": the words, without the user's content.
  static std::string reason(std::string_view what) {
    if (what.find("out_of_range") != std::string_view::npos) return "a number out of range";
    if (const auto dash = what.find(" - "); dash != std::string_view::npos) {
      what.remove_prefix(dash + 3);
    } else if (const auto colon = what.rfind(": "); colon != std::string_view::npos) {
      what.remove_prefix(colon + 2);
    }
    return cleanText(what.substr(0, what.find("; last read")), 100);
  }
};

std::optional<Error> tooLarge(std::string_view bytes) {
  if (bytes.size() <= maxBodyBytes) return std::nullopt;
  return malformed("the body: found " + std::to_string(bytes.size()) + " bytes, expected at most " +
                   std::to_string(maxBodyBytes));
}

Error complaint(std::string_view bytes) {
  if (auto error = Scan(bytes).run()) return *std::move(error);
  Complaint complaint;
  json::sax_parse(bytes, &complaint);
  return malformed(std::move(complaint.text));
}

}  // namespace

Result<JsonDocument> parseMessage(std::string_view bytes) {
  if (auto error = tooLarge(bytes)) return *std::move(error);
  if (findInvalidUtf8(bytes)) return complaint(bytes);
  auto parsed = JsonDocument::parse(bytes, maxDepth);
  if (!parsed) return complaint(bytes);
  return *std::move(parsed);
}

Result<json> parseJson(std::string_view bytes) {
  if (auto error = tooLarge(bytes)) return *std::move(error);
  if (auto error = Scan(bytes).run()) return *std::move(error);
  json parsed = json::parse(bytes, nullptr, false);
  if (parsed.is_discarded()) return complaint(bytes);
  return parsed;
}

}  // namespace tidings::notification
