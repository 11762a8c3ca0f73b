#include "http/stream_ends.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "http/symbol_behind.h"

namespace {

using tidings::http::StreamEnd;
using tidings::http::symbolBehind;

// Of libnghttp2's interface, whose header is no dependency of ours.
struct Frame {  // nghttp2_frame, of RST_STREAM
  size_t length;
  int32_t stream;
  uint8_t type, flags, reserved;
  uint32_t code;
};
using OnClose = int(void* session, int32_t id, uint32_t code, void* user);
using OnFrame = int(void* session, const Frame* frame, void* user);
constexpr uint8_t reset = 3;  // NGHTTP2_RST_STREAM

constexpr uint32_t noError = 0, refusedStream = 7;  // NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM

// Only what is not usual. libcurl's multi handles stay in one thread each.
thread_local std::unordered_map<void*, StreamEnd> ends;
OnClose* libcurlsOnClose = nullptr;
OnFrame* libcurlsOnFrame = nullptr;

struct Nghttp2 {
  void* (*userData)(void*, int32_t) =
      symbolBehind<void*(void*, int32_t)>("nghttp2_session_get_stream_user_data");
  int (*answered)(void*, int32_t) =
      symbolBehind<int(void*, int32_t)>("nghttp2_session_get_stream_remote_close");
  int (*asked)(void*, int32_t) =
      symbolBehind<int(void*, int32_t)>("nghttp2_session_get_stream_local_close");

  StreamEnd endOf(void* session, int32_t id, uint32_t code) const {
    if (code == refusedStream) return StreamEnd::refused;
    const bool early = code == noError && answered(session, id) == 1 && asked(session, id) == 0;
    return early ? StreamEnd::answeredEarly : StreamEnd::usual;
  }
};

const Nghttp2& nghttp2() {
  static const Nghttp2 library;
  return library;
}

// libcurl gives each stream its easy handle as user data.
int onClose(void* session, int32_t id, uint32_t code, void* user) {
  const StreamEnd end = nghttp2().endOf(session, id, code);
  if (end != StreamEnd::usual) ends[nghttp2().userData(session, id)] = end;
  return libcurlsOnClose(session, id, code, user);
}

// libcurl throws an answer away when a reset comes along with it. One that only declines the rest
// of the request it need not know of: the stream's end comes next.
int onFrame(void* session, const Frame* frame, void* user) {
  const bool declines = frame->type == reset && frame->code == noError &&
                        nghttp2().answered(session, frame->stream) == 1;
  return declines ? 0 : libcurlsOnFrame(session, frame, user);
}

}  // namespace

// In front of libnghttp2's.
#define TIDINGS_EXPORTED extern "C" __attribute__((visibility("default"), used))

TIDINGS_EXPORTED void nghttp2_session_callbacks_set_on_stream_close_callback(void* callbacks,
                                                                             OnClose* on) {
  static auto* const set =
      symbolBehind<void(void*, OnClose*)>("nghttp2_session_callbacks_set_on_stream_close_callback");
  libcurlsOnClose = on;
  set(callbacks, onClose);
}

TIDINGS_EXPORTED void nghttp2_session_callbacks_set_on_frame_recv_callback(void* callbacks,
                                                                           OnFrame* on) {
  static auto* const set =
      symbolBehind<void(void*, OnFrame*)>("nghttp2_session_callbacks_set_on_frame_recv_callback");
  libcurlsOnFrame = on;
  set(callbacks, onFrame);
}

namespace tidings::http {

StreamEnd takeStreamEnd(void* easy) {
  const auto found = ends.find(easy);
  if (found == ends.end()) return StreamEnd::usual;
  const StreamEnd end = found->second;
  ends.erase(found);
  return end;
}

}  // namespace tidings::http
