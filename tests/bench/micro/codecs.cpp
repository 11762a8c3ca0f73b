#include "bench.h"
#include "samples.h"
#include "store/claim_codec.h"
#include "store/settle_codec.h"

namespace tidings::bench {
namespace {

constexpr int count = 100;
const notification::Target target{"push", std::string(152, 'd')};

std::vector<store::JobClaim> claims() {
  std::vector<store::JobClaim> out;
  for (int i = 0; i < count; ++i) {
    store::JobClaim job;
    job.notificationId = "comment-991823-u" + std::to_string(i);
    job.recipient = "u" + std::to_string(i);
    job.type = "comment";
    job.items = {
        {.target = target, .skip = {}, .caps = {{"daily", 50, Millis{86'400'000}, false}}}};
    out.push_back(std::move(job));
  }
  return out;
}

std::vector<store::Settlements> settlements() {
  std::vector<store::Settlements> out;
  for (int i = 0; i < count; ++i) {
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
  return [jobs = claims(), context] {
    std::vector<store::PendingClaim> batch;
    for (const store::JobClaim& job : jobs) batch.push_back({&job, 1'000});
    keep(store::encodeClaims(batch, context));
  };
});
const Bench settle("codec/settle 100", []() -> Body {
  return [jobs = settlements()] {
    std::vector<const store::Settlements*> batch;
    for (const store::Settlements& job : jobs) batch.push_back(&job);
    keep(store::encodeSettlements(batch));
  };
});

}  // namespace
}  // namespace tidings::bench
