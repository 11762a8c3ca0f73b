#include "samples.h"

#include "bench.h"

namespace tidings::bench {
namespace {

constexpr std::string_view typicalText = R"json({
  "id": "comment-991823-u42",
  "type": "comment",
  "recipient": "u42",
  "title": "Kim commented on your photo",
  "message": "What a lovely picture! \"Where\" was it taken?",
  "data": {"actor": "Kim", "count": 3, "post": "Lake & mountains", "postId": 991823,
           "excerpt": "What a lovely picture! Where was it taken? We were there in spring."},
  "actionUrl": "https://app.example.com/posts/991823",
  "collapseKey": "post-991823", "priority": 3, "locale": "en",
  "createdAt": "2023-11-14T22:13:20.000Z", "expiresAt": "2023-11-15T22:13:20.000Z"
})json";

std::string listOfItems() {
  std::string items;
  for (int i = 0; i < 200; ++i) {
    const std::string number = std::to_string(i);
    items.append(i == 0 ? "" : ",").append(R"({"sku":"A-)").append(number);
    items.append(R"(","name":"Blue \"everyday\" bottle, caf\u00e9 edition","count":)");
    items.append(number).append(R"(,"price":12.5,"gift":false})");
  }
  return items;
}

}  // namespace

std::string typicalBytes() { return std::string(typicalText); }

std::string largeBytes() {
  std::string message;
  while (message.size() < 12'000) message += "A sentence of an order's long confirmation. ";
  return R"({"id":"order-1","type":"system","recipient":"u42","title":"Your order","message":")" +
         message + R"(","data":{"items":[)" + listOfItems() + "]}}";
}

const notification::Notification& typical() {
  static const notification::Notification decoded = need(notification::decode(typicalText, {}));
  return decoded;
}

policy::Profile profile() {
  policy::Profile profile;
  profile.known = true;
  profile.locale = "en";
  profile.addresses = {{"push", std::string(152, 'd')},
                       {"push", std::string(152, 'e')},
                       {"email", "ada@example.com"},
                       {"sms", "+15558675310"}};
  profile.preferences = {{"*", "sms", false}, {"like", "email", false}, {"comment", "*", true}};
  return profile;
}

providers::OutboundMessage outbound(std::string address) {
  const notification::Notification& job = typical();
  providers::OutboundMessage message;
  message.notificationId = job.id;
  message.recipient = job.recipient;
  message.deliveryId = "00112233445566778899aabbccddeeff";
  message.address = std::move(address);
  message.title = message.subject = *job.title;
  message.body = message.text = *job.message;
  message.html = "<p>" + *job.message + "</p>";
  message.actionUrl = *job.actionUrl;
  message.collapseKey = job.collapseKey;
  message.data = job.data;
  message.timeToLive = std::chrono::hours{24};
  message.priority = job.priority;
  message.type = job.type;
  message.locale = "en";
  return message;
}

}  // namespace tidings::bench
