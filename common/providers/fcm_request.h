// The body of an FCM HTTP v1 request. Pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "providers/provider.h"

namespace tidings::providers {

// FCM allows 4096 bytes of notification and data; what exactly it counts is not documented.
inline constexpr size_t kFcmMaxPayload = 4000;

struct FcmBody {
  std::string json;
  size_t payloadBytes = 0;  // of notification and data, as JSON
};

// Of `data` every member becomes a string: texts as they are, the rest as JSON; null is left out,
// and so are the names that FCM reserves. Where it says nothing of them, actionUrl, type and, if
// there is room, notificationId and deliveryId go along.
FcmBody buildFcm(const OutboundMessage& message, WallTime now);

bool isReservedFcmKey(std::string_view key);

// A Web Push topic: at most 32 characters of the URL-safe alphabet. Keys that are none are hashed.
std::string webPushTopic(std::string_view collapseKey);

}  // namespace tidings::providers
