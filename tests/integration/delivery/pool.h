// A pool of workers without its processes: real journeys over the real store, around a broker and a
// provider that the test holds in its hands. A provider's answer comes when the test says so, and a
// worker dies at whatever step the test chooses.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "delivery/journeys.h"
#include "integration/delivery/life_model.h"
#include "integration/delivery/tries_model.h"
#include "integration/store/database.h"
#include "support/seeded.h"

namespace tidings::delivery {

nlohmann::json parsed(const queue::Incoming& message);
// nullopt: at once.
std::optional<WallTime> sendAtOf(const queue::Incoming& message);

// After which step of a journey its worker dies; take: before the claim, when a try is recorded.
enum class Crash { never, take, claim, send, settle, publish };

struct Waiting {
  queue::Incoming message;
  WallTime readyAt;
  int number;  // the same for all deliveries of one message by the broker
};

class Pool;

// One message in one worker's hands.
struct Trip {
  Trip(Pool& of, int who, Waiting what, Crash when);
  ~Trip();

  Pool& pool;
  const int worker;
  Waiting waiting;
  const WallTime began;
  Crash crash;
  bool gone = false;  // its worker died: nothing that it does has an effect any more
  bool acked = false;
  bool returned = false;  // the broker has it back, because the channel broke
  struct Asked {
    std::string address;
    std::unique_ptr<OneShot<notification::Outcome>> answer;
  };
  std::vector<Asked> asked;  // providers' requests that are out
  std::map<std::string, notification::Outcome> answers;
  std::map<std::string, int> before;  // attempts, as the claim said
  std::set<std::string> takenOver;    // from one who died, as the claim said
  Stops stops;
  std::unique_ptr<Journeys> journeys;

  bool ended() const { return journeys->underWay() == 0; }
};

class Pool {
 public:
  static inline const std::string type = "comment";
  // The code of what a stop ended before it was sent.
  static inline const std::string stopped = "stopped";

  Pool(store::DatabaseTest& test, Dice& dice);
  ~Pool();

  void publish();  // as an app does
  void repeat();   // a copy of an earlier one
  void take(Crash crash);
  void answer();
  void kill();
  void breakChannel();
  void settleLate();
  void replay();
  void passTime();
  // Nobody dies any more and the provider accepts all: until nothing is left to do.
  void calmDown();
  // The journal, row by row, against the model.
  void compare();
  void expectNothingLost();

  const LifeModel& model() const { return model_; }
  const std::string& recipient() const { return recipient_; }

 private:
  friend struct Trip;
  class Provider;
  Ports portsOf(Trip& trip);
  static Task<Result<std::vector<store::ClaimAnswer>>> claim(Trip& trip, store::JobClaim job);
  static Task<Result<std::vector<notification::Target>>> begun(Trip& trip, store::JobKey job);
  static Task<Result<store::TryVerdict>> beginTry(Trip& trip, store::Try attempt);
  static Task<Result<store::TakenOver>> settle(Trip& trip, std::vector<store::Settlement> rows);
  void endTry(const Trip& trip, int64_t hash);
  static Task<Status> enqueue(Trip& trip, queue::Outgoing message);
  static Task<Result<std::shared_ptr<const policy::Profile>>> profile(Pool& pool);
  void checkClaim(Trip& trip, const store::JobClaim& job,
                  const std::vector<store::ClaimAnswer>& answers);
  void checkSettlement(const Trip& trip, const store::Settlement& row);
  void checkSend(const Trip& trip, const std::string& address);
  void send(const std::string& body);
  void giveAnswer(Trip& trip, size_t which, notification::Outcome outcome);
  notification::Outcome someOutcome(Trip& trip);
  void takeThis(size_t which, Crash crash, int worker);
  void settleDown();
  void awaitEnds();
  void die(int worker);
  void reap();
  std::shared_ptr<const Settings> settingsFor(Trip& trip);
  AttemptRules rulesFor(const Trip& trip) const;
  bool anyReady() const;
  std::vector<std::pair<Trip*, size_t>> out();
  void jumpToNext();
  std::set<LifeKey> owedByLetters(bool unclaimed) const;

  store::DatabaseTest& test_;
  Dice& dice_;
  const std::string recipient_;
  config::Config config_;
  observe::Log log_;
  observe::Metrics metrics_{{}};
  Observer observer_{log_, metrics_};
  std::shared_ptr<policy::Profile> profile_ = std::make_shared<policy::Profile>();
  LifeModel model_;
  TriesModel tries_;
  std::vector<std::pair<int, int64_t>> ending_;  // owners' tries, on the way to the server
  std::vector<std::unique_ptr<store::Member>> workers_;
  std::list<std::unique_ptr<Trip>> trips_;
  std::vector<Waiting> waiting_;
  std::vector<queue::Incoming> dead_;
  std::vector<std::string> bodies_;              // all that an app has published
  std::map<std::string, WallTime> publishedAt_;  // by body
  std::set<LifeKey> mayHaveArrived_;             // the provider had it, and nobody wrote that down
  std::vector<std::vector<store::Settlement>> late_;
  int busy_ = 0;
  int numbers_ = 0;
};

}  // namespace tidings::delivery
