// The encodings that a mail is made of. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tidings::providers {

struct Mailbox {
  std::string name = {};  // for people; UTF-8
  std::string address;
};

// "Name <a@b>", "\"Name\" <a@b>" or "a@b". Error{invalid} unless the address can be written.
Result<Mailbox> parseMailbox(std::string_view text);

// Whether it can stand in a header and in an envelope as it is: local@host, nothing that needs
// quoting.
bool isWritableAddress(std::string_view address);

// With its host in ASCII, where that exists.
std::string asciiAddress(const std::string& address);

// Header lines with their CRLF. Whatever `text` holds, it stays within its header: control
// characters become blanks, all but ASCII becomes encoded words (RFC 2047), lines stay short.
void appendTextHeader(std::string& out, std::string_view name, std::string_view text);
void appendMailboxHeader(std::string& out, std::string_view name, const Mailbox& mailbox);
// Precondition: the value is ASCII without control characters and under 900 bytes.
void appendHeader(std::string& out, std::string_view name, std::string_view value);

// "Fri, 02 Jan 2026 03:04:05 +0000"
std::string mailDate(WallTime time);

// A text as the body of a MIME part: valid UTF-8, line ends as CRLF, base64 in lines of 76.
std::string mimeBody(std::string_view text);

}  // namespace tidings::providers
