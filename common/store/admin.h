// Queries of the command line and of fan-out, over one connection that the caller owns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "notification/delivery.h"
#include "pg/connection.h"
#include "policy/profile.h"
#include "runtime/task.h"

namespace tidings::store {

struct DeliveryEvent {
  WallTime at;
  std::string state, reason, provider, error;
  int attempt = 0;
};

struct DeliveryRecord {
  std::string notificationId, recipient, type, channel, address;
  std::string state, reason, provider, providerMessageId, error;
  int attempt = 0;
  WallTime createdAt, updatedAt;
  std::optional<WallTime> nextAttemptAt;
  std::vector<DeliveryEvent> timeline;  // oldest first; the last one is the present state
};

struct UserAddress {
  std::string channel, address;
  bool active = true;
  std::optional<WallTime> registeredAt, deactivatedAt;
  std::string deactivatedReason;
};

struct User {
  bool known = false;
  std::optional<std::string> locale, timeZone;
  bool muted = false;
  std::vector<UserAddress> addresses;  // inactive ones too
  std::vector<policy::Profile::Preference> preferences;
  std::vector<std::string> topics;  // the first 1000
};

// What is set is changed; the rest stays. An empty locale or time zone is removed.
struct UserChange {
  std::optional<std::string> locale, timeZone;
  std::optional<bool> muted;
  std::vector<notification::Target> addAddresses, removeAddresses;
  std::vector<policy::Profile::Preference> setPreferences;
  std::vector<std::string> subscribe, unsubscribe;  // topics
};

struct Forgotten {
  int64_t addresses = 0, preferences = 0, subscriptions = 0, deliveries = 0;
};

struct StateCount {
  std::string type, channel, state, reason;
  int64_t count = 0;
};

class Admin {
 public:
  explicit Admin(pg::Connection& connection) : connection_(connection) {}

  // All deliveries of a notification, by recipient, channel and address; at most `limit`.
  Task<Result<std::vector<DeliveryRecord>>> status(std::string notificationId, Deadline deadline,
                                                   int limit);
  Task<Result<User>> showUser(std::string recipient, Deadline deadline);
  // In one transaction.
  Task<Status> setUser(std::string recipient, UserChange change, Deadline deadline);
  // Erases the recipient everywhere, the log included, in one transaction.
  Task<Result<Forgotten>> forgetUser(std::string recipient, Deadline deadline);
  // Subscribers of a topic in a stable order; the next page starts after the last one.
  Task<Result<std::vector<std::string>>> subscribers(std::string topic, std::string after,
                                                     int limit, Deadline deadline);
  // What became of the deliveries claimed since.
  Task<Result<std::vector<StateCount>>> counts(WallTime since, Deadline deadline);

 private:
  pg::Connection& connection_;
};

}  // namespace tidings::store
