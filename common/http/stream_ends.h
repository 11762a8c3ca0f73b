// How an HTTP/2 request's stream ended, where libcurl 7.88 knows and doesn't say so.
//
// A server that ends a connection says up to which stream it took requests (GOAWAY), or refuses
// single ones (RST_STREAM with REFUSED_STREAM): nothing of those was acted on (RFC 9113, sections
// 6.8 and 8.7). libcurl tries them again; to a caller that looks like a connection that died.
// And a server may answer, then decline the rest of the request (RST_STREAM with NO_ERROR, section
// 8.1): libcurl fails to send the rest and calls that an error, or throws the answer away.
//
// So the executable has functions of its own by the names of libnghttp2's that take libcurl's
// callbacks (nghttp2_session_callbacks_set_on_…). libcurl finds ours first, and we look on.
#pragma once

namespace tidings::http {

enum class StreamEnd {
  usual,
  refused,        // nothing was done with the request
  answeredEarly,  // the whole answer came, though the request was not read to its end
};

// Of what this easy handle (CURL*) sent last; usual once it has been told. Loop thread only.
StreamEnd takeStreamEnd(void* easy);

}  // namespace tidings::http
