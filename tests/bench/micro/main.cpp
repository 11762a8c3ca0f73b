// micro-bench [Google Benchmark's options]: time per call of each body.
// micro-bench --count NAME: a fixed number of calls of one body, for callgrind to count
// (counts.mjs).
#include <valgrind/callgrind.h>

#include "bench.h"

namespace tidings::bench {
namespace {

// The first calls fill caches and grow buffers; they don't count.
constexpr int warmUps = 10;
constexpr int repetitions = 50;

// One body a process: what an earlier one left in the allocator would change the count by percents.
int count(std::string_view name) {
  for (const Bench& bench : all()) {
    if (bench.name != name) continue;
    const Body body = bench.make();
    for (int i = 0; i < warmUps; ++i) body();
    CALLGRIND_START_INSTRUMENTATION;
    for (int i = 0; i < repetitions; ++i) body();
    CALLGRIND_STOP_INSTRUMENTATION;
    std::printf("%d\n", repetitions);
    return 0;
  }
  return 2;
}

void time(const Bench& bench) {
  benchmark::RegisterBenchmark(bench.name.c_str(), [&bench](benchmark::State& state) {
    const Body body = bench.make();
    for ([[maybe_unused]] const auto turn : state) body();
  });
}

int run(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--count") return count(argv[2]);
  for (const Bench& bench : all()) time(bench);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace tidings::bench

int main(int argc, char** argv) { return tidings::bench::run(argc, argv); }
