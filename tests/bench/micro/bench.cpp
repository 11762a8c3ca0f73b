#include "bench.h"

namespace tidings::bench {
namespace {

std::vector<Bench>& registered() {
  static std::vector<Bench> list;
  return list;
}

}  // namespace

Bench::Bench(std::string_view n, Body (*m)()) : name(n), make(m) { registered().push_back(*this); }

const std::vector<Bench>& all() { return registered(); }

}  // namespace tidings::bench
