#include "session.h"

#include <csignal>

#include "runtime/loop_sleep.h"

namespace tidings::cli {
namespace {

constexpr Millis lookAgain{20};

std::string placesOf(const amqp::Settings& settings) {
  std::string text;
  for (const amqp::Endpoint& endpoint : settings.endpoints) {
    if (!text.empty()) text += ", ";
    text += endpoint.text();
  }
  return text;
}

}  // namespace

Session::Session(const Clock& clock) : loop_(clock) {
  for (const int signal : {SIGINT, SIGTERM}) {
    loop_.onSignal(signal, [this] { stop_.request_stop(); });
  }
}

bool isWithoutAnswer(const Error& error) {
  return error.kind == ErrorKind::timeout || error.kind == ErrorKind::uncertain;
}

Result<amqp::Settings> amqpSettings(const config::Config& config) {
  amqp::Settings settings;
  auto endpoints = amqp::parseUrls(config.amqp.urls);
  if (!endpoints.ok()) return endpoints.error();
  settings.endpoints = std::move(*endpoints);
  settings.tls = {config.amqp.caFile, config.amqp.certFile, config.amqp.keyFile};
  settings.heartbeat = config.amqp.heartbeat;
  settings.reconnectFirst = Millis{500};
  settings.name = "tidings command";
  return settings;
}

ConnectedPublisher::ConnectedPublisher(Session& session, const config::Config& config,
                                       amqp::Settings settings)
    : session_(session),
      where_(placesOf(settings)),
      publisher_(session.loop(), options(config, std::move(settings))) {}

queue::Publisher::Options ConnectedPublisher::options(const config::Config& config,
                                                      amqp::Settings settings) {
  queue::Publisher::Options options;
  options.amqp = std::move(settings);
  options.windowMessages = static_cast<size_t>(config.amqp.publishWindow);
  options.onNotice = [this](const amqp::Notice& notice) {
    if (notice.kind != amqp::NoticeKind::connected) lastNotice_ = notice.text;
  };
  return options;
}

Task<Status> ConnectedPublisher::connect() {
  publisher_.start();
  const Deadline deadline = session_.within(connectPatience);
  while (!publisher_.connected()) {
    if (deadline.passed(session_.loop().clock()) || session_.stop().stop_requested()) {
      std::string text = "can't reach the broker at " + where_;
      if (!lastNotice_.empty()) text += ": " + lastNotice_;
      co_return Error{ErrorKind::unreachable, std::move(text)};
    }
    co_await sleepFor(session_.loop(), lookAgain);
  }
  co_return done;
}

Task<void> ConnectedPublisher::close() {
  const Deadline deadline = session_.within(goodbyePatience);
  co_await publisher_.close(deadline);
}

Database::Database(Session& session, const config::Config& config)
    : session_(session), connection_(session.loop(), options(config)) {}

pg::ConnectionOptions Database::options(const config::Config& config) {
  pg::ConnectionOptions options;
  options.url = config.postgres.url;
  options.purpose = "command";
  options.onChange = [this](bool, std::string_view why) { why_ = why; };
  return options;
}

Task<Status> Database::connect() {
  connection_.start();
  const Deadline deadline = session_.within(connectPatience);
  while (!connection_.connected()) {
    if (deadline.passed(session_.loop().clock()) || session_.stop().stop_requested()) {
      co_return Error{ErrorKind::unreachable,
                      "can't reach the database" + (why_.empty() ? why_ : ": " + why_)};
    }
    co_await sleepFor(session_.loop(), lookAgain);
  }
  co_return done;
}

}  // namespace tidings::cli
