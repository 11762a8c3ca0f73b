// The journey of one message, from its delivery by the broker to its acknowledgement: a coroutine
// that reads top to bottom. Whatever ends it early (a crash, a stop) leaves the message unacked,
// and the broker delivers it again.
//
// The rule of all its steps: acknowledged only when what became of it is committed, and what
// follows it confirmed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delivery/attempt.h"
#include "delivery/follow_up.h"
#include "delivery/settings.h"
#include "delivery/world.h"
#include "notification/notification.h"
#include "policy/decide.h"
#include "queue/headers.h"

namespace tidings::delivery {

class Journey {
 public:
  Journey(World& world, std::shared_ptr<const Settings> settings, queue::Incoming&& message);
  // Ends when the message is acked, or is left unacked: the process stops, or what follows from it
  // is more than the broker takes.
  Task<void> run();

 private:
  using Items = std::vector<store::JobClaim::Item>;
  static constexpr Millis recheckAfter{3'000};
  static constexpr std::string_view workersDied = "its workers died three times";

  enum class Due { now, later, stopped };
  Millis waitLeft() const { return delivery::waitLeft(headers_, world_.now()); }
  Task<Due> waitUntilDue();
  Task<Due> becomeDue();
  bool wasDelivered() const { return message_.redelivered || headers_.recheck; }
  void renew();
  Task<Due> tryAgain();
  Task<Due> waitUntilFree();
  Task<Result<store::TryVerdict>> beginTry();
  void lookAgainLater();
  bool comeBack(std::string_view what, const Error& error);
  void stepAside();
  bool decode();
  Task<bool> deliver();
  Task<bool> process(store::JobClaim claim);
  Task<bool> fanOut();
  bool buryTopic(const Error& error);

  struct Sorted {
    std::vector<Attempt> attempts;
    Items suspects;
  };
  Sorted sort(Items items, const std::vector<store::ClaimAnswer>& answers);
  Task<bool> settle(std::vector<Attempt>& attempts);
  void concludeWithoutSending(const store::JobClaim::Item& item, const store::ClaimAnswer& answer);
  void publishAgain(const notification::Target& target, const store::ClaimAnswer& answer);
  void announce(const notification::Target& target, const Disposition& disposition,
                std::string_view provider, std::string_view error, Millis took);

  // Gathered here, published and confirmed before the ack.
  void follow(const notification::Target& target, const Disposition& disposition,
              std::string_view provider, std::string_view error);
  void bury(notification::DeadReason reason, std::string error);
  Task<bool> publishAll();
  static Task<void> publishOne(Journey& self, queue::Outgoing message, bool& allConfirmed);

  queue::JobHeaders headersFor(const notification::Target& target, int attempt) const;
  store::JobClaim claimOf(policy::Plan plan) const;
  WallTime firstSeen() const { return *headers_.firstSeen; }

  World& world_;
  std::shared_ptr<const Settings> settings_;
  queue::Incoming message_;
  queue::JobHeaders headers_;
  const bool firstTime_;  // it comes from an app, not from a delay or the dead letters
  const config::TypeConfig* type_ = nullptr;
  notification::Notification job_;
  std::shared_ptr<const policy::Profile> profile_;
  std::vector<queue::Outgoing> followUps_;
  std::optional<int64_t> tried_;  // its record, which ends with the claim or with this
  Semaphore::Permit alone_;       // of one that may kill its worker
  Isolation::Token together_;     // of others
  bool safeFirst_ = false;        // what follows is to be published and acked before anybody dies
  Isolation::Token rescue_;
  MonoTime start_;
};

}  // namespace tidings::delivery
