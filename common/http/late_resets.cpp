#include "http/late_resets.h"

#include <cstddef>
#include <cstdint>

#include "http/symbol_behind.h"

namespace {

using tidings::http::symbolBehind;

// Of libnghttp2's interface, whose header is no dependency of ours.
constexpr int stateClosed = 7;  // NGHTTP2_STREAM_STATE_CLOSED
struct Nghttp2 {
  int (*submitReset)(void*, uint8_t, int32_t, uint32_t) =
      symbolBehind<int(void*, uint8_t, int32_t, uint32_t)>("nghttp2_submit_rst_stream");
  void* (*findStream)(void*,
                      int32_t) = symbolBehind<void*(void*, int32_t)>("nghttp2_session_find_stream");
  int (*stateOf)(void*) = symbolBehind<int(void*)>("nghttp2_stream_get_state");
  size_t (*queued)(void*) = symbolBehind<size_t(void*)>("nghttp2_session_get_outbound_queue_size");

  // A request whose header fields are still queued has no stream yet, and is to be taken back.
  bool isOver(void* session, int32_t id) const {
    if (findStream == nullptr || stateOf == nullptr || queued == nullptr) return false;
    void* stream = findStream(session, id);
    return stream == nullptr ? queued(session) == 0 : stateOf(stream) == stateClosed;
  }
};

const Nghttp2& nghttp2() {
  static const Nghttp2 library;
  return library;
}

}  // namespace

extern "C" __attribute__((visibility("default"), used)) int nghttp2_submit_rst_stream(
    void* session, uint8_t flags, int32_t id, uint32_t code) {
  if (nghttp2().isOver(session, id)) return 0;
  return nghttp2().submitReset(session, flags, id, code);
}

namespace tidings::http {

bool dropsLateResets() {
  return dlsym(RTLD_DEFAULT, "nghttp2_submit_rst_stream") ==
         reinterpret_cast<void*>(&nghttp2_submit_rst_stream);
}

}  // namespace tidings::http
