// libcurl 7.88 resets each HTTP/2 stream (RST_STREAM) when its request is over, also one that both
// sides have closed already, because it forgets that they have (http2_handle_stream_close). Servers
// that count resets, as all do since CVE-2023-44487, end the connection after a thousand or so,
// with requests on it of which nobody knows whether they were taken.
//
// So the executable has a nghttp2_submit_rst_stream of its own, which libcurl finds before
// libnghttp2's: it drops the reset of a stream that is no more (RFC 9113, section 5.1, "closed")
// and passes on all others.
#pragma once

namespace tidings::http {

// Whether it is in libcurl's way in this process; calling it also links it.
bool dropsLateResets();

}  // namespace tidings::http
