// Everything that can happen to messages, in random order: attempts with every outcome, workers
// that die at every step, one after the other of the same message, channels that break, copies,
// expiry, replays. After each step the journal and the model agree; in the end nothing is lost, and
// nothing that the journal calls sent was sent again.
#include "integration/delivery/pool.h"

namespace tidings::delivery {
namespace {

// Where messages are poison, worker after worker dies before the claim.
Crash someCrash(Dice& dice, bool poison) {
  static const std::vector<Crash> all{Crash::take, Crash::claim, Crash::send, Crash::settle,
                                      Crash::publish};
  if (poison && dice.chance(60)) return Crash::take;
  return dice.chance(15) ? dice.oneOf(all) : Crash::never;
}

void step(Pool& pool, Dice& dice, bool poison) {
  const int roll = dice.from(1, 100);
  if (roll <= 12) return pool.publish();
  if (roll <= 16) return pool.repeat();
  if (roll <= 50) return pool.take(someCrash(dice, poison));
  if (roll <= 78) return pool.answer();
  if (roll <= 83) return pool.kill();
  if (roll <= 87) return pool.breakChannel();
  if (roll <= 92) return pool.replay();
  if (roll <= 95) return pool.settleLate();
  return pool.passTime();
}

struct LifeTest : store::DatabaseTest {};

TEST_F(LifeTest, JournalAndModelAgreeAfterEachStepAndNothingIsLost) {
  playRounds(3, [this](Dice& dice) {
    Pool pool(*this, dice);
    const bool poison = dice.chance(25);
    pool.publish();
    for (int i = 0; i < 80 && !HasFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      step(pool, dice, poison);
      pool.compare();
    }
    pool.calmDown();
    pool.compare();
    pool.expectNothingLost();
  });
}

}  // namespace
}  // namespace tidings::delivery
