// TLS over a connected descriptor. Verification of the certificate and of its name can't be turned
// off.
#pragma once

#include <memory>
#include <string>

#include "amqp/socket.h"

namespace tidings::amqp {

// Errors: permanent when either side refused the other's certificate, or a file can't be used.
Task<Result<std::unique_ptr<Socket>>> secure(Loop& loop, Descriptor fd, std::string host,
                                             const TlsSettings& settings, Deadline deadline);

}  // namespace tidings::amqp
