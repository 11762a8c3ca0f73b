#include "progress.h"

#include <algorithm>

namespace tidings::cli {
namespace {

constexpr Millis barEvery{100};
constexpr Millis lineEvery{5000};
constexpr uint64_t barCells = 30;

}  // namespace

Progress::Progress(const Console& console, const Clock& clock, std::string what, uint64_t total)
    : console_(console),
      clock_(clock),
      what_(std::move(what)),
      total_(total),
      started_(clock.mono()) {}

void Progress::show(uint64_t now, const std::string& detail) {
  const MonoTime time = clock_.mono();
  const Millis every = console_.errTerminal ? barEvery : lineEvery;
  // Piped, a short command says nothing but its result.
  const MonoTime since = last_ ? *last_ : console_.errTerminal ? time - every : started_;
  if (time - since < every) return;
  last_ = time;
  if (console_.errTerminal) {
    drawBar(now, detail);
  } else {
    drawLine(now, detail);
  }
}

void Progress::drawBar(uint64_t now, const std::string& detail) {
  const uint64_t total = std::max<uint64_t>(total_, 1);
  const uint64_t full = std::min(now, total) * barCells / total;
  std::string bar;
  for (uint64_t i = 0; i < barCells; ++i) bar += i < full ? "█" : "░";
  console_.err << '\r' << what_ << ' ' << bar << ' ' << std::min(now, total) * 100 / total << "% "
               << detail << "\x1B[K" << std::flush;
  drawn_ = true;
}

void Progress::drawLine(uint64_t now, const std::string& detail) {
  console_.err << what_ << ' ' << now << '/' << total_ << ' ' << detail << '\n' << std::flush;
}

void Progress::finish() {
  if (drawn_) console_.err << "\r\x1B[K" << std::flush;
  drawn_ = false;
}

}  // namespace tidings::cli
