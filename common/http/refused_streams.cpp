#include "http/refused_streams.h"

#include <cstdint>
#include <unordered_set>

#include "http/symbol_behind.h"

namespace {

using OnClose = int(void* session, int32_t id, uint32_t code, void* user);

constexpr uint32_t refusedStream = 7;  // NGHTTP2_REFUSED_STREAM

// libcurl's multi handles stay in one thread each.
thread_local std::unordered_set<void*> refused;
OnClose* libcurls = nullptr;

// libcurl gives each stream its easy handle as user data.
void* handleOf(void* session, int32_t id) {
  static auto* const of =
      tidings::http::symbolBehind<void*(void*, int32_t)>("nghttp2_session_get_stream_user_data");
  return of == nullptr ? nullptr : of(session, id);
}

int lookOn(void* session, int32_t id, uint32_t code, void* user) {
  if (code == refusedStream) refused.insert(handleOf(session, id));
  return libcurls(session, id, code, user);
}

}  // namespace

extern "C" __attribute__((visibility("default"), used)) void
nghttp2_session_callbacks_set_on_stream_close_callback(void* callbacks, OnClose* on) {
  static auto* const set = tidings::http::symbolBehind<void(void*, OnClose*)>(
      "nghttp2_session_callbacks_set_on_stream_close_callback");
  libcurls = on;
  set(callbacks, lookOn);
}

namespace tidings::http {

bool takeRefusal(void* easy) { return refused.erase(easy) != 0; }

}  // namespace tidings::http
