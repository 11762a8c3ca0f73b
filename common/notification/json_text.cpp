#include "notification/json_text.h"

#include <optional>
#include <string>

#include "base/utf8.h"
#include "notification/notification.h"

namespace tidings::notification {
namespace {

using nlohmann::json;

Error malformed(std::string message) { return Error{ErrorKind::invalid, std::move(message)}; }

// One pass without recursion before the parser sees anything: the parser is written for friends
// (it takes a NUL byte for the end of the text, and builds whatever depth it is given).
class Scan {
 public:
  explicit Scan(std::string_view bytes) : bytes_(bytes) {}

  std::optional<Error> run() {
    for (at_ = 0; at_ < bytes_.size(); ++at_) {
      const auto byte = static_cast<unsigned char>(bytes_[at_]);
      seen_ |= byte;
      if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') {
        return fail("found a control character", "an escape such as \\u0001");
      }
      if (inString_) {
        insideString(byte);
      } else if (outsideString(byte) > maxDepth) {
        return fail("found nesting deeper than " + std::to_string(maxDepth) + " levels",
                    "at most that");
      }
    }
    return checkUtf8();
  }

 private:
  void insideString(unsigned char byte) {
    if (byte == '"') inString_ = false;
    if (byte == '\\' && at_ + 1 < bytes_.size() &&
        (bytes_[at_ + 1] == '"' || bytes_[at_ + 1] == '\\')) {
      ++at_;
    }
  }
  int outsideString(unsigned char byte) {
    if (byte == '"') inString_ = true;
    if (byte == '{' || byte == '[') ++depth_;
    if (byte == '}' || byte == ']') --depth_;
    return depth_;
  }
  std::optional<Error> checkUtf8() {
    if (seen_ < 0x80) return std::nullopt;
    const auto bad = findInvalidUtf8(bytes_);
    if (!bad) return std::nullopt;
    at_ = *bad;
    return fail("found bytes that are not UTF-8", "UTF-8");
  }
  Error fail(const std::string& found, const std::string& expected) const {
    return malformed("the body: " + found + " at byte " + std::to_string(at_) + ", expected " +
                     expected);
  }

  std::string_view bytes_;
  size_t at_ = 0;
  int depth_ = 0;
  unsigned seen_ = 0;
  bool inString_ = false;
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

Error complaint(std::string_view bytes) {
  Complaint complaint;
  json::sax_parse(bytes, &complaint);
  return malformed(std::move(complaint.text));
}

}  // namespace

Result<json> parseJson(std::string_view bytes) {
  if (bytes.size() > maxBodyBytes) {
    return malformed("the body: found " + std::to_string(bytes.size()) +
                     " bytes, expected at most " + std::to_string(maxBodyBytes));
  }
  if (auto error = Scan(bytes).run()) return *std::move(error);
  json parsed = json::parse(bytes, nullptr, false);
  if (parsed.is_discarded()) return complaint(bytes);
  return parsed;
}

}  // namespace tidings::notification
