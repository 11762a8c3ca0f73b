// A named body of work. Each file of this directory registers those of one room; main() measures
// their time, or has valgrind count their instructions.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidings::bench {

using Body = std::function<void()>;

struct Bench {
  // `make` prepares; what it returns is measured, and does the same each time it is called.
  Bench(std::string_view name, Body (*make)());
  std::string name;
  Body (*make)();
};

const std::vector<Bench>& all();

// The result of a body, so that the compiler can't leave its work out.
template <class T>
void keep(const T& value) {
  benchmark::DoNotOptimize(&value);
  benchmark::ClobberMemory();
}

// A body that fails measures the wrong thing.
template <class T>
T&& need(Result<T>&& result) {
  if (!result.ok()) {
    std::fprintf(stderr, "micro-bench: %s\n", result.error().message.c_str());
    std::abort();
  }
  return std::move(result).value();
}

}  // namespace tidings::bench
