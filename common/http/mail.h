// What goes into an SMTP transaction and what comes out of it. One recipient per transaction.
#pragma once

#include <string>
#include <string_view>

namespace tidings::http {

struct Mail {
  std::string from;        // envelope sender, without angle brackets
  std::string to;          // envelope recipient
  std::string message;     // header and body, lines ending in CRLF, dots not yet stuffed
  bool important = false;  // goes before the others that wait for a place
};

// How far the transaction got when it ended.
enum class MailStage { connect, auth, from, recipient, data, accepted };

enum class MailTransport {
  ok,       // 250 after the final dot
  refused,  // the server said no: `reply`
  notSent,  // no answer and nothing handed over
  busy,     // the same, because all places were taken for longer than placePatience
  unknown,  // handed over, wholly or partly, and no answer
  tls,      // wrong certificate, or STARTTLS is not offered
  noAuth,   // credentials are configured but the server offers no AUTH: nothing was handed over
  broken,   // a bug of ours, or no memory
};

std::string_view toString(MailTransport transport);
std::string_view toString(MailStage stage);

struct MailAnswer {
  MailTransport transport = MailTransport::broken;
  MailStage stage = MailStage::connect;
  int reply = 0;              // 250, 451, 550 …; 0 where there was none
  std::string enhanced = {};  // "5.1.1" where the reply had it
  std::string text = {};      // the last reply's text, all lines joined, bounded
  std::string error = {};     // for people, unless ok; no secrets
};

}  // namespace tidings::http
