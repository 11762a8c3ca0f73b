#include "observe/process_stats.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tidings::observe {
namespace {

double toSeconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double ProcessStats::cpuSeconds() const {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return toSeconds(usage.ru_utime) + toSeconds(usage.ru_stime);
}

double ProcessStats::residentBytes() const {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double ProcessStats::openDescriptors() const {
  std::error_code failed;
  std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  double count = -1;  // the iterator's own
  for (; !failed && entries != std::filesystem::directory_iterator(); entries.increment(failed)) {
    ++count;
  }
  return count < 0 ? 0 : count;
}

double ProcessStats::startTime() const {
  struct stat self {};
  if (stat("/proc/self", &self) != 0) return 0;
  return static_cast<double>(self.st_ctim.tv_sec);
}

}  // namespace tidings::observe
