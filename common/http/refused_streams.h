// Which HTTP/2 requests a server did not take.
//
// A server that ends a connection says up to which stream it took requests (GOAWAY), or refuses
// single ones (RST_STREAM with REFUSED_STREAM): nothing of those was acted on (RFC 9113, sections
// 6.8 and 8.7). libcurl 7.88 knows that and tries again, but doesn't say that it was so; to a
// caller it looks like a connection that died.
//
// So the executable has a nghttp2_session_callbacks_set_on_stream_close_callback of its own, which
// libcurl finds before libnghttp2's, and which lets us look on.
#pragma once

namespace tidings::http {

// Whether what this easy handle (CURL*) sent last was refused; forgotten once told. Loop thread
// only.
bool takeRefusal(void* easy);

}  // namespace tidings::http
