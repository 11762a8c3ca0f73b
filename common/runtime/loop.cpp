#include "runtime/loop.h"

#include <uv.h>

#include <cassert>
#include <map>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "runtime/scope.h"

namespace tidings {
namespace {

void check(int rc, const char* what) {
  if (rc < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(rc));
}

// libuv may use a handle's memory until its close callback: so handles live on the heap and free
// themselves there.
template <class Handle>
void closeAndDelete(Handle* handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(handle),
           [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
}

struct PollHandle : uv_poll_t {
  Loop::OnReady ready;
  int events = 0;  // what libuv watches for
};

class UvFdWatch final : public FdWatch {
 public:
  UvFdWatch(uv_loop_t& loop, int fd, Loop::OnReady ready) : handle_(new PollHandle) {
    handle_->ready = std::move(ready);
    if (const int rc = uv_poll_init(&loop, handle_, fd); rc < 0) {
      delete handle_;
      check(rc, "uv_poll_init");
    }
  }
  ~UvFdWatch() override {
    uv_poll_stop(handle_);
    closeAndDelete(handle_);
  }
  void want(bool readable, bool writable) override {
    const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events == handle_->events) return;
    handle_->events = events;
    check(events == 0 ? uv_poll_stop(handle_) : uv_poll_start(handle_, events, &UvFdWatch::fire),
          "uv_poll_start");
  }

 private:
  static void fire(uv_poll_t* poll, int status, int events) {
    auto* handle = static_cast<PollHandle*>(poll);
    if (status < 0) handle->events = 0;  // libuv has stopped it; what came with the error may wait
    // A copy, because the callback may destroy this watch.
    const Loop::OnReady ready = handle->ready;
    ready(status < 0 || (events & UV_READABLE) != 0, status < 0 || (events & UV_WRITABLE) != 0);
  }
  PollHandle* handle_;
};

struct SignalHandle : uv_signal_t {
  std::function<void()> handle;
};

struct WorkRequest : uv_work_t {
  std::function<void()> work;
  std::function<void()> after;
};

}  // namespace

struct Loop::Impl {
  explicit Impl(const Clock& time) : clock(time) {
    check(uv_loop_init(&uv), "uv_loop_init");
    prepare.data = idle.data = timer.data = wake.data = this;
    uv_prepare_init(&uv, &prepare);
    uv_idle_init(&uv, &idle);
    uv_timer_init(&uv, &timer);
    check(uv_async_init(&uv, &wake,
                        [](uv_async_t* h) { static_cast<Impl*>(h->data)->takeFromThreads(); }),
          "uv_async_init");
    uv_prepare_start(&prepare, [](uv_prepare_t* h) { static_cast<Impl*>(h->data)->endTurn(); });
  }

  ~Impl() {
    for (auto* handle :
         {reinterpret_cast<uv_handle_t*>(&prepare), reinterpret_cast<uv_handle_t*>(&idle),
          reinterpret_cast<uv_handle_t*>(&timer), reinterpret_cast<uv_handle_t*>(&wake)}) {
      uv_close(handle, nullptr);
    }
    for (SignalHandle* signal : signals) closeAndDelete(signal);
    // More than one run: the first may return at once because of an earlier uv_stop.
    while (uv_loop_close(&uv) == UV_EBUSY) uv_run(&uv, UV_RUN_DEFAULT);
  }

  // Everything that became ready in this turn, the turn-end calls, and then the next wake-up.
  void endTurn() {
    fireTimers();
    drainReady();
    // What these make ready runs in a turn of its own, so that it has a turn end too.
    for (auto it = turnEnd.begin(); it != turnEnd.end();) (it++)->second();
    if (ready.empty()) {
      uv_idle_stop(&idle);
    } else {
      uv_idle_start(&idle, [](uv_idle_t*) {});  // makes the coming poll return at once
    }
    armTimer();
  }

  void drainReady() {
    // Bounded, so that coroutines that keep each other busy do not starve I/O.
    for (int rounds = 0; rounds < 16 && !ready.empty(); ++rounds) {
      running.swap(ready);  // both keep their memory
      for (Ready& item : running) {
        if (item.frame) {
          item.frame.resume();
        } else {
          item.call();
        }
      }
      running.clear();
    }
  }

  void fireTimers() {
    const MonoTime now = clock.mono();
    while (!timers.empty() && timers.begin()->first.first <= now) {
      auto due = timers.extract(timers.begin());
      timerTimes.erase(due.key().second);
      due.mapped()();
    }
  }

  void armTimer() {
    if (timers.empty()) {
      uv_timer_stop(&timer);
      return;
    }
    const auto wait = std::chrono::ceil<Millis>(timers.begin()->first.first - clock.mono());
    uv_update_time(&uv);
    // The callback does nothing: endTurn() fires what is due.
    uv_timer_start(
        &timer, [](uv_timer_t*) {}, static_cast<uint64_t>(std::max<Millis::rep>(wait.count(), 0)),
        0);
  }

  void takeFromThreads() {
    std::vector<std::function<void()>> calls;
    {
      const std::lock_guard lock(mutex);
      calls.swap(fromThreads);
    }
    for (auto& call : calls) ready.push_back({nullptr, std::move(call)});
  }

  struct Ready {
    std::coroutine_handle<> frame;
    std::function<void()> call;
  };

  const Clock& clock;
  uv_loop_t uv{};
  uv_prepare_t prepare{};
  uv_idle_t idle{};
  uv_timer_t timer{};
  uv_async_t wake{};
  std::vector<SignalHandle*> signals;
  std::vector<Ready> ready, running;
  std::map<std::pair<MonoTime, TimerId>, std::function<void()>> timers;
  std::unordered_map<TimerId, MonoTime> timerTimes;
  std::map<uint64_t, std::function<void()>> turnEnd;
  uint64_t lastId = 0;
  std::mutex mutex;
  std::vector<std::function<void()>> fromThreads;
};

Loop::Loop(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}
Loop::~Loop() = default;

TimerId Loop::after(Millis delay, std::function<void()> fire) {
  const TimerId id = ++impl_->lastId;
  const MonoTime when = impl_->clock.mono() + std::max(delay, Millis{0});
  impl_->timers.emplace(std::pair{when, id}, std::move(fire));
  impl_->timerTimes.emplace(id, when);
  return id;
}

void Loop::cancel(TimerId id) {
  const auto it = impl_->timerTimes.find(id);
  if (it == impl_->timerTimes.end()) return;
  impl_->timers.erase({it->second, id});
  impl_->timerTimes.erase(it);
}

const Clock& Loop::clock() const { return impl_->clock; }

void Loop::post(std::coroutine_handle<> frame) { impl_->ready.push_back({frame, nullptr}); }
void Loop::post(std::function<void()> call) { impl_->ready.push_back({nullptr, std::move(call)}); }

void Loop::postFromThread(std::function<void()> call) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->fromThreads.push_back(std::move(call));
  }
  uv_async_send(&impl_->wake);
}

std::unique_ptr<FdWatch> Loop::watch(int fd, OnReady ready) {
  return std::make_unique<UvFdWatch>(impl_->uv, fd, std::move(ready));
}

void Loop::onSignal(int signal, std::function<void()> handle) {
  auto* handler = new SignalHandle;
  handler->handle = std::move(handle);
  uv_signal_init(&impl_->uv, handler);
  impl_->signals.push_back(handler);
  check(uv_signal_start(
            handler, [](uv_signal_t* fired, int) { static_cast<SignalHandle*>(fired)->handle(); },
            signal),
        "uv_signal_start");
}

uint64_t Loop::onTurnEnd(std::function<void()> call) {
  impl_->turnEnd.emplace(++impl_->lastId, std::move(call));
  return impl_->lastId;
}

void Loop::removeTurnEnd(uint64_t id) { impl_->turnEnd.erase(id); }

void Loop::runUntilDone(Task<void> task) {
  bool finished = false;
  std::exception_ptr thrown;
  Scope scope([&thrown](std::exception_ptr bug) { thrown = std::move(bug); });
  constexpr auto mark = [](Task<void> inner, uv_loop_t& uv, bool& flag,
                           std::exception_ptr& error) -> Task<void> {
    try {
      co_await std::move(inner);
    } catch (...) {
      error = std::current_exception();
    }
    flag = true;
    uv_stop(&uv);
  };
  scope.spawn(mark(std::move(task), impl_->uv, finished, thrown));
  while (!finished) uv_run(&impl_->uv, UV_RUN_DEFAULT);
  if (thrown) std::rethrow_exception(thrown);
}

void Loop::queueWork(std::function<void()> work, std::function<void()> after) {
  auto* request = new WorkRequest;
  request->work = std::move(work);
  request->after = std::move(after);
  const int rc = uv_queue_work(
      &impl_->uv, request, [](uv_work_t* w) { static_cast<WorkRequest*>(w)->work(); },
      [](uv_work_t* w, int) {
        const std::unique_ptr<WorkRequest> finished(static_cast<WorkRequest*>(w));
        finished->after();
      });
  if (rc < 0) delete request;
  check(rc, "uv_queue_work");
}

void* Loop::native() { return &impl_->uv; }

}  // namespace tidings
