// One timer for many waits that mostly end in time: it looks through them only when the earliest of
// them, as far as it knew, could be over. After a pause of the whole process they get a little more
// time. Loop thread only.
#pragma once

#include <vector>

#include "runtime/timers.h"

namespace tidings::http {

class Deadlines {
 public:
  class Wait {
   public:
    virtual ~Wait() = default;
    virtual void onLate() = 0;  // no longer among the waits; may begin another

   private:
    friend class Deadlines;
    MonoTime due_{};
    size_t place_ = 0;
  };

  explicit Deadlines(Timers& timers) : timers_(timers) {}
  ~Deadlines() { timers_.cancel(timer_); }
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // The wait outlives this: it is removed, or late, before it dies.
  void add(Wait& wait, Deadline deadline);
  // Nothing if it was late already.
  void remove(const Wait& wait);

 private:
  void arm(MonoTime due);
  void onTimer();
  void grant(MonoTime now, MonoTime::duration pause);
  std::vector<Wait*> takeLate(MonoTime now);

  Timers& timers_;
  std::vector<Wait*> waits_;
  TimerId timer_ = 0;
  MonoTime armedFor_{};
};

}  // namespace tidings::http
