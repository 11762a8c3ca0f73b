#include "providers/fcm.h"

#include "providers/encode.h"
#include "providers/fcm_answer.h"
#include "providers/fcm_request.h"

namespace tidings::providers {
namespace {

http::Origin::Options originOptions(const config::ProviderConfig& config,
                                    const config::FcmConfig& fcm, std::string baseUrl) {
  http::Origin::Options options;
  options.baseUrl = std::move(baseUrl);
  options.cleartext = config.allowPlaintext;
  options.caFile = fcm.caFile;
  options.http2 = fcm.http2;
  options.concurrency = static_cast<size_t>(config.concurrency);
  return options;
}

std::string withoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string sendUrl(const config::FcmConfig& fcm, const FcmAccount& account) {
  return withoutSlash(fcm.baseUrl) + "/v1/projects/" + percent(account.projectId) +
         "/messages:send";
}

}  // namespace

Fcm::Fcm(const config::ProviderConfig& config, FcmAccount account, Origins origins, Loop& loop)
    : name_(config.name),
      timeout_(config.timeout),
      account_(std::move(account)),
      url_(sendUrl(std::get<config::FcmConfig>(config.settings), account_)),
      origins_(std::move(origins)),
      loop_(loop),
      token_(loop, [this](Deadline deadline) { return fetchToken(*this, deadline); }),
      formHeaders_(http::Headers::make({{"Content-Type", "application/x-www-form-urlencoded"}})) {
  redactor_.add(account_.privateKey);
}

Task<TokenAnswer> Fcm::fetchToken(Fcm& self, Deadline deadline) {
  TokenAnswer answer;
  const Result<std::string> assertion = signAssertion(self.account_, self.loop_.clock().wall());
  if (!assertion.ok()) {
    answer.failure = outcomeOf(OutcomeKind::auth, "invalid_key", assertion.error().message);
    co_return answer;
  }
  const std::string body = tokenRequestBody(*assertion);
  const http::Request request{http::Method::post, self.account_.tokenUri, self.formHeaders_, body};
  const http::Response response = co_await self.origins_.token->send(request, deadline);
  answer = classifyToken(response);
  Redactor redactor = self.redactor_;
  redactor.add(*assertion);
  redactor.clean(answer.failure);
  co_return answer;
}

const std::shared_ptr<const Fcm::Bearer>& Fcm::bearerOf(const std::string& token) {
  if (!bearer_ || bearer_->token != token) {
    const std::string value = "Bearer " + token;
    auto headers = http::Headers::make(
        {{"Authorization", value}, {"Content-Type", "application/json; charset=UTF-8"}});
    bearer_ = std::make_shared<const Bearer>(Bearer{token, std::move(headers)});
  }
  return bearer_;
}

// Each request has the whole timeout: a slow token must not leave a message too little of it to be
// answered in.
Deadline Fcm::ownTime(Deadline deadline) const {
  return deadline.earlier(Deadline::after(loop_.clock(), timeout_));
}

Task<Outcome> Fcm::sendOnce(const std::string& body, bool important, Deadline deadline) {
  std::shared_ptr<const Bearer> bearer;
  if (const std::string* token = token_.atHand()) {
    bearer = bearerOf(*token);
  } else {
    TokenAnswer answer = co_await token_.get(ownTime(deadline));
    if (answer.token.empty()) co_return std::move(answer.failure);
    bearer = bearerOf(answer.token);
  }
  const http::Request request{http::Method::post, url_, bearer->headers, body, important};
  const http::Response response = co_await origins_.send->send(request, ownTime(deadline));
  Outcome outcome = classifyFcm(response);
  if (outcome.code == kFcmUnauthenticated) token_.refused(bearer->token);
  if (outcome.kind != OutcomeKind::sent) {
    Redactor redactor = redactor_;
    redactor.add(bearer->token);
    redactor.clean(outcome);
  }
  co_return outcome;
}

Task<Outcome> Fcm::send(const OutboundMessage& message, Deadline deadline) {
  if (message.address.empty()) {
    co_return outcomeOf(OutcomeKind::permanent, "no_token", "the device token is empty");
  }
  const FcmBody body = buildFcm(message, loop_.clock().wall());
  if (body.payloadBytes > kFcmMaxPayload) {
    co_return outcomeOf(OutcomeKind::tooLarge, "payload",
                        "notification and data have " + std::to_string(body.payloadBytes) +
                            " bytes, FCM takes " + std::to_string(kFcmMaxPayload));
  }
  Outcome outcome = co_await sendOnce(body.json, message.important(), deadline);
  // Expired or withdrawn: once more with a new one.
  if (outcome.code == kFcmUnauthenticated)
    outcome = co_await sendOnce(body.json, message.important(), deadline);
  guard_.judge(outcome);
  co_return outcome;
}

Result<std::unique_ptr<Provider>> makeFcm(const config::ProviderConfig& config,
                                          http::Client& client, Loop& loop) {
  const auto& fcm = std::get<config::FcmConfig>(config.settings);
  auto account = parseFcmAccount(fcm.serviceAccount.reveal());
  if (!account.ok()) return account.error();
  // A key that can't sign is found now, not with the first message.
  const auto trial = signAssertion(*account, loop.clock().wall());
  if (!trial.ok()) return trial.error();
  Fcm::Origins origins;
  auto send = client.origin(originOptions(config, fcm, fcm.baseUrl));
  if (!send.ok()) return send.error();
  http::Origin::Options tokenOptions = originOptions(config, fcm, account->tokenUri);
  tokenOptions.concurrency = 1;
  tokenOptions.repeatable = true;
  auto token = client.origin(std::move(tokenOptions));
  if (!token.ok()) return Error{ErrorKind::invalid, "token_uri: " + token.error().message};
  origins.send = std::move(*send);
  origins.token = std::move(*token);
  return std::unique_ptr<Provider>(
      std::make_unique<Fcm>(config, std::move(*account), std::move(origins), loop));
}

}  // namespace tidings::providers
