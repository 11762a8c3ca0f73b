#include "pg/connection.h"

#include <algorithm>
#include <deque>

#include "base/random.h"
#include "pg/session.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"

namespace tidings::pg {
namespace {

// What every session relies on, whatever the server's and the role's defaults: each statement of a
// function sees what was committed before it; a statement whose client is gone is given up; a
// client that vanished without a word is noticed, so that its locks are free.
Statement settings() {
  constexpr std::pair<std::string_view, std::string_view> wanted[] = {
      {"default_transaction_isolation", "read committed"},
      {"client_connection_check_interval", "1000"},
      {"jit", "off"},
      {"tcp_keepalives_idle", "15"},
      {"tcp_keepalives_interval", "5"},
      {"tcp_keepalives_count", "3"},
      {"tcp_user_timeout", "30000"},
  };
  ArrayText names, values;
  for (const auto& [name, value] : wanted) {
    names.add(name);
    values.add(value);
  }
  Params params;
  params.text(std::move(names).take()).text(std::move(values).take());
  return {"select set_config(n, v, false) from unnest($1::text[], $2::text[]) s (n, v)",
          std::move(params)};
}

}  // namespace

struct Connection::Impl {
  Impl(Loop& l, ConnectionOptions o) : loop(l), options(std::move(o)) {
    options.greeting.insert(options.greeting.begin(), settings());
  }

  static Task<void> run(Impl& self);
  Task<Result<Unit>> greet();
  Task<Result<Rows>> ask(Session& on, const Statement& statement, Deadline deadline);
  void becomeReady();
  void drop(const Error& error, std::string why);
  Millis backoff(int failures);

  Loop& loop;
  ConnectionOptions options;
  Stats stats;
  Random random;
  std::unique_ptr<Session> session;
  bool ready = false;
  std::string lastTrouble = "not connected yet";
  OneShot<std::string>* lost = nullptr;
  std::deque<Request*> parked;
  std::stop_source stop;
  Scope scope;
};

// Makes one session after the other.
Task<void> Connection::Impl::run(Impl& self) {
  const std::stop_token stop = self.stop.get_token();
  for (int failures = 0; !stop.stop_requested();) {
    const Deadline deadline = Deadline::after(self.loop.clock(), self.options.connectTimeout);
    std::string name = "tidings " + self.options.purpose;
    auto made =
        co_await Session::connect(self.loop, self.options.url, std::move(name), deadline, stop);
    std::string why;
    if (made.ok()) {
      OneShot<std::string> lost(self.loop);
      self.lost = &lost;
      self.session =
          std::make_unique<Session>(self.loop, std::move(*made), self.options.onNotify,
                                    [&lost](std::string reason) { lost.set(std::move(reason)); });
      const auto greeted = co_await self.greet();
      if (greeted.ok() && !stop.stop_requested()) {
        failures = 0;
        self.becomeReady();
        why = co_await lost.wait();  // a session lasts as long as it lasts
      } else if (!greeted.ok()) {
        why = greeted.error().message;
      }
      self.ready = false;
      self.lost = nullptr;
      self.session.reset();
    } else {
      why = made.error().message;
    }
    if (stop.stop_requested()) break;
    ++failures;
    ++self.stats.failures;
    self.lastTrouble = why;
    if (self.options.onChange) self.options.onChange(false, why);
    co_await sleepFor(self.loop, self.backoff(failures), stop);
  }
}

Task<Result<Unit>> Connection::Impl::greet() {
  const Deadline deadline = Deadline::after(loop.clock(), options.connectTimeout);
  for (const Statement& statement : options.greeting) {
    auto answer = co_await ask(*session, statement, deadline);
    if (!answer.ok()) co_return std::move(answer).error();
  }
  co_return done;
}

Task<Result<Rows>> Connection::Impl::ask(Session& on, const Statement& statement,
                                         Deadline deadline) {
  OneShot<Result<Rows>> answer(loop);
  Request request{.sql = statement.sql, .params = &statement.params, .answer = &answer};
  ++stats.roundTrips;
  on.send(request);
  auto result = co_await answer.waitUntil(deadline);
  if (result) co_return std::move(*result);
  Error error{ErrorKind::uncertain, "no answer within the time allowed"};
  on.fail(error);
  co_return error;
}

void Connection::Impl::becomeReady() {
  ready = true;
  ++stats.sessions;
  if (options.onChange) options.onChange(true, "");
  std::deque<Request*> waiting;
  waiting.swap(parked);
  for (Request* request : waiting) {
    ++stats.roundTrips;
    session->send(*request);
  }
}

void Connection::Impl::drop(const Error& error, std::string why) {
  ready = false;
  if (session) session->fail(error);
  if (lost != nullptr) lost->set(std::move(why));
}

Millis Connection::Impl::backoff(int failures) {
  const Millis cap =
      std::min(options.backoffMax, options.backoffBase * (1 << std::min(failures, 10)));
  return random.between(cap / 2, cap);
}

Connection::Connection(Loop& loop, ConnectionOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
Connection::~Connection() = default;

void Connection::start() { impl_->scope.spawn(Impl::run(*impl_)); }
bool Connection::connected() const { return impl_->ready; }
const Connection::Stats& Connection::stats() const { return impl_->stats; }
int Connection::backendPid() const { return impl_->ready ? impl_->session->backendPid() : 0; }
std::string Connection::exposure() const {
  return impl_->ready ? exposureOf(impl_->session->peer()) : "";
}

Task<Result<Rows>> Connection::query(std::string_view sql, const Params& params,
                                     Deadline deadline) {
  if (impl_->stop.stop_requested()) co_return Error{ErrorKind::cancelled, "stopped"};
  OneShot<Result<Rows>> answer(impl_->loop);
  Request request{.sql = sql, .params = &params, .answer = &answer};
  if (impl_->ready) {
    ++impl_->stats.roundTrips;
    impl_->session->send(request);
  } else {
    impl_->parked.push_back(&request);
  }
  auto result = co_await answer.waitUntil(deadline);
  if (result) co_return std::move(*result);
  if (!request.sent) {
    std::erase(impl_->parked, &request);
    co_return Error{ErrorKind::unreachable, impl_->lastTrouble};
  }
  // The answer's place in the pipeline can't be skipped: the session ends. The server notices and
  // gives the statement up.
  const Error error{ErrorKind::uncertain, "no answer within the time allowed"};
  impl_->drop(error, error.message);
  co_return error;
}

void Connection::stop() {
  impl_->stop.request_stop();
  const Error stopped{ErrorKind::cancelled, "stopped"};
  impl_->drop(stopped, stopped.message);
  std::deque<Request*> waiting;
  waiting.swap(impl_->parked);
  for (Request* request : waiting) request->answer->set(stopped);
}

Task<void> Connection::close() {
  stop();
  co_await impl_->scope.join();
}

}  // namespace tidings::pg
