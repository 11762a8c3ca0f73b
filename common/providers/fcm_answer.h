// What FCM's answers mean. Pure.
#pragma once

#include "http/message.h"
#include "notification/outcome.h"

namespace tidings::providers {

// The code of an answer that a fresh access token may turn into success.
inline constexpr const char* kFcmUnauthenticated = "UNAUTHENTICATED";

// Precedence as in the official SDKs: a dead token on the APNs side, FCM's own error code, the
// status word, the HTTP status.
notification::Outcome classifyFcm(const http::Response& response);

}  // namespace tidings::providers
