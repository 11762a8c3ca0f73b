// How far a long command is: a bar that redraws itself on a terminal, else a line now and then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "console.h"

namespace tidings::cli {

class Progress {
 public:
  Progress(const Console& console, const Clock& clock, std::string what, uint64_t total);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `detail` is shown behind the numbers. Cheap: draws at most ten times a second.
  void show(uint64_t now, const std::string& detail);
  // Takes the bar away, so that other text can follow.
  void finish();

 private:
  void drawBar(uint64_t now, const std::string& detail);
  void drawLine(uint64_t now, const std::string& detail);

  const Console& console_;
  const Clock& clock_;
  const std::string what_;
  const uint64_t total_;
  const MonoTime started_;
  std::optional<MonoTime> last_;
  bool drawn_ = false;
};

}  // namespace tidings::cli
