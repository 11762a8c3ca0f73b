// SMTP replies read from foreign bytes. Pure; bounded whatever the server sends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidings::http {

struct SmtpReply {
  int code = 0;
  std::string enhanced = {};  // "5.1.1" where the last line that has one has it
  std::string text = {};      // all lines without code and enhanced code, joined by a blank

  bool ok() const { return code >= 200 && code < 300; }
};

// Gathers lines to replies.
class SmtpReplyReader {
 public:
  // Takes bytes as they come. False once the bytes are not SMTP; nothing is taken after that.
  bool feed(std::string_view bytes);
  // The oldest complete reply.
  std::optional<SmtpReply> take();
  bool malformed() const { return malformed_; }
  // A reply came behind one that was not taken yet: nobody asked for it, and it was dropped.
  bool surplus() const { return surplus_; }

 private:
  bool takeLine(std::string_view line);

  std::string line_;
  std::optional<SmtpReply> building_;
  std::optional<SmtpReply> ready_;
  bool malformed_ = false;
  bool surplus_ = false;
};

// "5.1.1 No such user" → "5.1.1"; empty if the text does not begin with an enhanced code whose
// class fits the reply code.
std::string_view enhancedCodeOf(std::string_view text, int code);

// What a server says of itself in answer to EHLO.
struct SmtpFeatures {
  bool size = false;
  bool utf8 = false;
  void note(std::string_view ehloLine);  // "250-SIZE 10240000"
};

}  // namespace tidings::http
