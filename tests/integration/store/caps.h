// What the tests of caps share: jobs of one recipient, and a look at its windows.
#pragma once

#include "integration/store/database.h"

namespace tidings::store {

inline constexpr Millis hour{3'600'000};

struct CapTest : DatabaseTest {
  CapRef cap(int limit, bool defer = false, const std::string& what = "cap") {
    return {name(what), limit, hour, defer};
  }
  JobClaim capped(const std::string& id, CapRef ref) {
    JobClaim job = jobFor(name(id), name("r"));
    job.items[0].caps.push_back(std::move(ref));
    return job;
  }
  int slots(const std::string& what = "cap") {
    return std::stoi(
        value("select coalesce(sum(cardinality(slots)), 0) from tidings.cap_windows "
              "where recipient = $1 and cap = $2",
              {name("r"), name(what)}));
  }
  void letTimePass(Millis by) {
    sql("update tidings.cap_windows set slots = array(select s - $2::bigint from unnest(slots) s) "
        "where recipient = $1",
        {name("r"), std::to_string(by.count())});
  }
  std::string stateOf(const JobClaim& job) {
    return value(
        "select state || coalesce('/' || reason, '') from tidings.deliveries "
        "where notification_id = $1",
        {job.notificationId});
  }
};

}  // namespace tidings::store
