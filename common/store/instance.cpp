#include "store/instance.h"

namespace tidings::store {

InstanceId makeInstanceId(Random& random) {
  return {static_cast<int32_t>(random.bits() % 0x7fff'fffe) + 1};
}

pg::Statement holdInstance(InstanceId instance) {
  pg::Params params;
  params.integer(instance.value);
  return {"select pg_advisory_lock_shared(1953063017, $1::int)", std::move(params)};
}

}  // namespace tidings::store
