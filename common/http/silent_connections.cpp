#include "http/silent_connections.h"

#include <algorithm>

namespace tidings::http {

struct SilentConnections::Suspect final : Deadlines::Wait {
  Suspect(SilentConnections& of, SocketEnds at, MonoTime since)
      : owner(of), ends(std::move(at)), written(since) {}
  void onLate() override { owner.conclude(*this); }

  SilentConnections& owner;
  const SocketEnds ends;
  const MonoTime written;
};

SilentConnections::SilentConnections(Multi& multi, Deadlines& deadlines)
    : multi_(multi), deadlines_(deadlines) {}
SilentConnections::~SilentConnections() = default;

void SilentConnections::suspect(const SocketEnds& ends, MonoTime written) {
  if (contain(ends) || !multi_.silent(ends, written)) return;
  suspects_.push_back(std::make_unique<Suspect>(*this, ends, written));
  const MonoTime now = multi_.loop().clock().mono();
  deadlines_.add(*suspects_.back(), Deadline::at(now + (now - written)));
}

bool SilentConnections::contain(const SocketEnds& ends) const {
  return std::any_of(suspects_.begin(), suspects_.end(), [&](const auto& each) {
    return each->ends == ends && multi_.silent(ends, each->written);
  });
}

void SilentConnections::conclude(const Suspect& suspect) {
  multi_.cutIfSilent(suspect.ends, suspect.written);
  std::erase_if(suspects_, [&](const auto& each) { return each.get() == &suspect; });
}

}  // namespace tidings::http
