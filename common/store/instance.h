// The identity of a worker process while it lives. It is held as an advisory lock by the sessions
// that claim and settle, so that the server knows the moment the process dies.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "pg/connection.h"

namespace tidings::store {

struct InstanceId {
  int32_t value = 0;  // positive
};

InstanceId makeInstanceId(Random& random);

// Holds the identity for the life of a session. Shared, because several sessions of the process do;
// the process lives as long as one of them does.
pg::Statement holdInstance(InstanceId instance);

}  // namespace tidings::store
