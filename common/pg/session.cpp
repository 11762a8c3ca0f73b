#include "pg/session.h"

#include <libpq-fe.h>

#include "base/utf8.h"
#include "pg/sqlstate.h"

namespace tidings::pg {
namespace {

constexpr size_t maxErrorBytes = 512;

std::string words(const char* text) {
  std::string_view message = text == nullptr ? "" : text;
  while (message.ends_with('\n')) message.remove_suffix(1);
  return cleanText(message, maxErrorBytes);
}

Error errorOf(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr) return {ErrorKind::uncertain, words(PQresultErrorMessage(result))};
  return {kindOf(state), words(primary) + " (SQLSTATE " + state + ")"};
}

// It is gone, or what it selects has another shape now.
bool losesItsStatement(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view code = state == nullptr ? "" : state;
  return code == "26000" || code == "0A000";
}

// The name is looked up here, which blocks; hence on a thread of its own.
PGconn* startConnecting(const std::string& url, const std::string& name) {
  const char* keys[] = {"fallback_application_name", "dbname", "client_encoding", nullptr};
  const char* values[] = {name.c_str(), url.c_str(), "UTF8", nullptr};
  return PQconnectStartParams(keys, values, /*expand_dbname=*/1);
}

// What it took at last: from the address, the environment or a service file.
std::string optionOf(PGconn* conn, std::string_view keyword) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> all(PQconninfo(conn),
                                                                           &PQconninfoFree);
  for (const PQconninfoOption* one = all.get(); one != nullptr && one->keyword != nullptr; ++one) {
    if (keyword == one->keyword && one->val != nullptr) return one->val;
  }
  return {};
}

// False when the deadline passed or the stop came.
Task<bool> waitForSocket(Loop& loop, PGconn* conn, bool write, Deadline deadline,
                         std::stop_token stop) {
  OneShot<bool> ready(loop);
  // The library may open another socket at each step, so each step has its own watch.
  const auto watch = loop.watch(PQsocket(conn), [&ready](bool, bool) { ready.set(true); });
  std::stop_callback onStop(stop, [&ready] { ready.set(false); });
  watch->want(!write, write);
  const std::optional<bool> woken = co_await ready.waitUntil(deadline);
  co_return woken.value_or(false);
}

}  // namespace

Task<Result<Session::Handle>> Session::connect(Loop& loop, std::string url, std::string name,
                                               Deadline deadline, std::stop_token stop) {
  auto start = [url = std::move(url), name = std::move(name)] {
    return startConnecting(url, name);
  };
  Handle handle(co_await loop.offload(std::move(start)), &PQfinish);
  if (!handle) co_return Error{ErrorKind::unreachable, "out of memory"};
  for (auto step = PGRES_POLLING_WRITING; step != PGRES_POLLING_OK;
       step = PQconnectPoll(handle.get())) {
    if (PQstatus(handle.get()) == CONNECTION_BAD || step == PGRES_POLLING_FAILED) {
      co_return Error{ErrorKind::unreachable, words(PQerrorMessage(handle.get()))};
    }
    const bool write = step == PGRES_POLLING_WRITING;
    const bool ready = co_await waitForSocket(loop, handle.get(), write, deadline, stop);
    if (stop.stop_requested()) co_return Error{ErrorKind::cancelled, "stopped"};
    if (!ready) co_return Error{ErrorKind::unreachable, "no connection within the time allowed"};
  }
  PQsetNoticeProcessor(
      handle.get(), [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(handle.get(), 1) != 0 || PQenterPipelineMode(handle.get()) != 1) {
    co_return Error{ErrorKind::unreachable, words(PQerrorMessage(handle.get()))};
  }
  co_return handle;
}

Session::Session(Loop& loop, Handle handle, OnNotify onNotify, OnLost onLost)
    : loop_(loop),
      handle_(std::move(handle)),
      onNotify_(std::move(onNotify)),
      onLost_(std::move(onLost)) {
  watch_ = loop_.watch(PQsocket(handle_.get()),
                       [this](bool readable, bool writable) { onReady(readable, writable); });
  watch_->want(true, false);
}

Session::~Session() { watch_.reset(); }

int Session::backendPid() const { return PQbackendPID(handle_.get()); }

Peer Session::peer() const {
  const char* address = PQhostaddr(handle_.get());
  const bool kerberos = PQgssEncInUse(handle_.get()) != 0;
  return {.address = address == nullptr ? "" : address,
          .encrypted = kerberos || PQsslInUse(handle_.get()) != 0,
          .verified = kerberos || optionOf(handle_.get(), "sslmode") == "verify-full"};
}

void Session::send(Request& request) {
  if (lost_) {
    request.answer->set(Error{ErrorKind::unreachable, "the session was just lost"});
    return;
  }
  request.sent = true;
  out_.push_back(&request);
  if (submit(request)) {
    flush();
  } else {
    lose();
  }
}

bool Session::submit(Request& request) {
  auto known = prepared_.find(request.sql);
  if (known == prepared_.end()) {
    const std::string name = "t" + std::to_string(++lastName_);
    known = prepared_.emplace(std::string(request.sql), name).first;
    request.prepares = true;
    if (PQsendPrepare(handle_.get(), name.c_str(), known->first.c_str(), 0, nullptr) != 1) {
      return false;
    }
  }
  request.name = known->second;
  values_.clear();
  lengths_.clear();
  formats_.clear();
  for (const auto& [bytes, binary] : request.params->values()) {
    values_.push_back(bytes ? bytes->c_str() : nullptr);
    lengths_.push_back(bytes ? static_cast<int>(bytes->size()) : 0);
    formats_.push_back(binary ? 1 : 0);
  }
  return PQsendQueryPrepared(handle_.get(), known->second.c_str(), static_cast<int>(values_.size()),
                             values_.data(), lengths_.data(), formats_.data(), 0) == 1 &&
         PQpipelineSync(handle_.get()) == 1;
}

void Session::flush() {
  // Writing may find the end of the session, and read it: then nothing more would wake us.
  const int left = PQflush(handle_.get());
  if (left < 0 || PQstatus(handle_.get()) == CONNECTION_BAD) {
    takeResults();
    lose();
  } else if (watch_) {
    watch_->want(true, left == 1);
    // Sending reads as well while the server does not take what is sent; for answers that came so
    // the descriptor would not wake us.
    takeResults();
    takeNotifications();
  }
}

void Session::onReady(bool readable, bool writable) {
  if (lost_) return;
  if (readable && PQconsumeInput(handle_.get()) != 1) {
    takeResults();  // what came before the end, such as the reason for it
    lose();
    return;
  }
  takeResults();
  takeNotifications();
  if (PQstatus(handle_.get()) == CONNECTION_BAD) {
    lose();
  } else if (writable) {
    flush();
  }
}

// In pipeline mode each statement's results end with a null, and each sync is a result of its own.
void Session::takeResults() {
  for (bool ended = false; !out_.empty() && PQisBusy(handle_.get()) == 0;) {
    PGresult* result = PQgetResult(handle_.get());
    if (result == nullptr) {
      if (ended) return;  // nothing more will come
      ended = true;
      continue;
    }
    ended = false;
    Rows rows(result);
    Request& front = *out_.front();
    switch (PQresultStatus(result)) {
      case PGRES_PIPELINE_SYNC:
        finishFront();
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      case PGRES_FATAL_ERROR:
        takeError(front, result);
        break;
      default:
        front.prepares = false;  // the first answer says that it is prepared
        front.rows = std::move(rows);
    }
  }
}

void Session::takeError(Request& request, const PGresult* result) {
  if (request.error) return;
  request.error = errorOf(result);
  request.unusable = request.prepares || losesItsStatement(result);
}

void Session::finishFront() {
  Request& front = *out_.front();
  out_.pop_front();
  if (front.error) {
    // Prepared again by the next one, unless it was already. For another error's sake it is kept:
    // what is prepared stays on the server for as long as the session.
    const auto it = front.unusable ? prepared_.find(front.sql) : prepared_.end();
    if (it != prepared_.end() && it->second == front.name) prepared_.erase(it);
    front.answer->set(std::move(*front.error));
  } else {
    front.answer->set(std::move(front.rows));
  }
}

void Session::takeNotifications() {
  while (PGnotify* notice = PQnotifies(handle_.get())) {
    if (onNotify_) onNotify_(notice->relname, notice->extra);
    PQfreemem(notice);
  }
}

void Session::fail(const Error& error) {
  lost_ = true;
  watch_.reset();  // at once: the library may have closed the descriptor
  std::deque<Request*> out;
  out.swap(out_);
  for (Request* request : out) {
    Error last = request->error.value_or(error);
    request->answer->set(std::move(last));
  }
}

void Session::lose() {
  if (lost_) return;
  std::string why = words(PQerrorMessage(handle_.get()));
  fail({ErrorKind::uncertain, why});
  onLost_(why);
}

}  // namespace tidings::pg
