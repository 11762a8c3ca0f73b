#include "bench.h"
#include "samples.h"
#include "store/claim_codec.h"
#include "store/settle_codec.h"

namespace tidings::bench {
namespace {

constexpr int jobs = 100;
const notification::Target target{"push", std::string(152, 'd')};

std::vector<store::PendingClaim> claims() {
  std::vector<store::PendingClaim> out;
  for (int i = 0; i < jobs; ++i) {
    store::JobClaim job;
    job.notificationId = "comment-991823-u" + std::to_string(i);
    job.recipient = "u" + std::to_string(i);
    job.type = "comment";
    job.items = {
        {.target = target, .skip = {}, .caps = {{"daily", 50, Millis{86'400'000}, false}}}};
    out.push_back({std::move(job), 1'000 + i});
  }
  return out;
}

std::vector<std::vector<store::Settlement>> settlements() {
  std::vector<std::vector<store::Settlement>> out;
  for (int i = 0; i < jobs; ++i) {
    store::Settlement sent;
    sent.notificationId = "comment-991823-u" + std::to_string(i);
    sent.recipient = "u" + std::to_string(i);
    sent.target = target;
    sent.ticket = {.day = 19'675, .token = 1'000 + i};
    sent.provider = "fcm";
    sent.providerMessageId = "projects/shop-4711/messages/0:1700000000000000%e609af1cf9fd7ecd";
    sent.attempt = 1;
    out.push_back({std::move(sent)});
  }
  return out;
}

const Bench claim("codec/claim 100", []() -> Body {
  const store::ClaimContext context{store::InstanceId{7}, std::chrono::hours{168}, Millis{10'000}};
  return [claims = claims(), context] { keep(store::encodeClaims(claims, context)); };
});
const Bench settle("codec/settle 100", []() -> Body {
  return [settlements = settlements()] { keep(store::encodeSettlements(settlements)); };
});

}  // namespace
}  // namespace tidings::bench
