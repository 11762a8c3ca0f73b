#include "health.h"

#include <gtest/gtest.h>

namespace tidings::worker {
namespace {

struct HealthTest : testing::Test {
  bool consuming = true, publishing = true, database = true, draining = false;
  Millis stuck{0};
  web::Routes routes = healthRoutes({.metrics = [] { return std::string("m"); },
                                     .consuming = [this] { return consuming; },
                                     .publishing = [this] { return publishing; },
                                     .database = [this] { return database; },
                                     .draining = [this] { return draining; },
                                     .stuckFor = [this] { return stuck; }});
  int ready() { return routes.at("/readyz")().status; }
};

TEST_F(HealthTest, ReadyWhenEverythingIsConnectedAndMoves) { EXPECT_EQ(ready(), 200); }

TEST_F(HealthTest, EachMissingServerIsNamed) {
  consuming = publishing = database = false;
  const auto answer = routes.at("/readyz")();
  EXPECT_EQ(answer.status, 503);
  for (const char* part : {"not consuming", "not publishing", "database"}) {
    EXPECT_NE(answer.body.find(part), std::string::npos) << part;
  }
}

TEST_F(HealthTest, ADrainingWorkerTakesNoMore) {
  draining = true;
  EXPECT_EQ(ready(), 503);
}

TEST_F(HealthTest, MessagesThatWaitWithoutADeliveryMakeItNotReady) {
  stuck = stuckAfter - Millis{1};
  EXPECT_EQ(ready(), 200);
  stuck = stuckAfter;
  EXPECT_EQ(ready(), 503);
}

TEST_F(HealthTest, AliveWhateverTheServersDo) {
  consuming = database = false;
  EXPECT_EQ(routes.at("/healthz")().status, 200);
}

}  // namespace
}  // namespace tidings::worker
