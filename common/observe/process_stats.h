// What the system says about this process. Zero where it doesn't.
#pragma once

namespace tidings::observe {

class ProcessStats {
 public:
  double cpuSeconds() const;
  double residentBytes() const;
  double openDescriptors() const;
  double startTime() const;  // seconds since 1970
};

}  // namespace tidings::observe
