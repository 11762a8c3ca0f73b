// Where time comes from. Nothing above common/base reads the system's clocks by itself, so a test
// can hold time still and move it by hand.
#pragma once

#include <chrono>

namespace tidings {

using Millis = std::chrono::milliseconds;
using WallTime = std::chrono::sys_time<Millis>;          // UTC; may jump
using MonoTime = std::chrono::steady_clock::time_point;  // for waits; never jumps

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  MonoTime mono() const override;
};

// Moves only when told to.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime{std::chrono::seconds{1'700'000'000}})
      : wall_(start) {}
  WallTime wall() const override { return wall_; }
  MonoTime mono() const override { return mono_; }
  void advance(Millis by) {
    wall_ += by;
    mono_ += by;
  }
  // A step of the wall clock alone, as an administrator or NTP makes it.
  void stepWall(Millis by) { wall_ += by; }

 private:
  WallTime wall_;
  MonoTime mono_{std::chrono::hours{1}};
};

// The instant at which a wait gives up. Computed once, at the outermost caller, and passed down.
class Deadline {
 public:
  static Deadline after(const Clock& clock, Millis wait) { return Deadline{clock.mono() + wait}; }
  static Deadline at(MonoTime when) { return Deadline{when}; }
  MonoTime when() const { return when_; }
  // Never negative.
  Millis remaining(const Clock& clock) const;
  bool passed(const Clock& clock) const { return clock.mono() >= when_; }
  Deadline earlier(Deadline other) const { return other.when_ < when_ ? other : *this; }

 private:
  explicit Deadline(MonoTime when) : when_(when) {}
  MonoTime when_;
};

// For what looks after something each second: all of it wakes an idle process once together.
inline Millis untilNextSecond(const Clock& clock) {
  const auto now = std::chrono::floor<Millis>(clock.mono().time_since_epoch());
  return Millis{1'000} - now % Millis{1'000};
}

}  // namespace tidings
