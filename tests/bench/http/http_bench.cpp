// CPU per request of the HTTP client: http_bench URL [requests] [in flight] [repeatable].
// Point it at a server on loopback that answers at once over keep-alive.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/client.h"
#include "runtime/scope.h"

namespace {

using namespace tidings;

double cpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Bench {
  const Clock& clock;
  http::Origin& origin;
  std::string url;
  std::shared_ptr<const http::Headers> headers;
  std::string body;
  int left;
  int failed = 0;
};

Task<void> lane(Bench& bench) {
  while (bench.left > 0) {
    --bench.left;
    http::Request request{http::Method::post, bench.url, bench.headers, bench.body};
    const http::Response response = co_await bench.origin.send(
        std::move(request), Deadline::after(bench.clock, std::chrono::seconds{10}));
    if (response.transport != http::Transport::ok || response.status != 200) {
      if (bench.failed++ == 0) {
        std::fprintf(stderr, "first failure: %d %s\n", response.status, response.error.c_str());
      }
    }
  }
}

Task<void> all(Bench& bench, int inFlight) {
  Scope scope;
  for (int i = 0; i < inFlight; ++i) scope.spawn(lane(bench));
  co_await scope.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string url = argc > 1 ? argv[1] : "http://127.0.0.1:8490/";
  const int requests = argc > 2 ? std::atoi(argv[2]) : 100'000;
  const int inFlight = argc > 3 ? std::atoi(argv[3]) : 64;
  const SystemClock clock;
  Loop loop(clock);
  http::Client client(loop);
  http::Origin::Options options;
  options.baseUrl = url;
  options.concurrency = static_cast<size_t>(inFlight);
  auto origin = client.origin(options);
  if (!origin.ok()) {
    std::fprintf(stderr, "%s\n", origin.error().message.c_str());
    return 2;
  }
  Bench bench{clock,
              **origin,
              url,
              http::Headers::make({{"Content-Type", "application/json; charset=UTF-8"},
                                   {"Authorization", "Bearer " + std::string(160, 'a')}}),
              std::string(400, 'x'),
              2000};
  loop.run(all(bench, inFlight));  // connections and pools are warm after this
  bench.left = requests;
  const double cpu = cpuSeconds();
  const MonoTime start = clock.mono();
  loop.run(all(bench, inFlight));
  const double wall = std::chrono::duration<double>(clock.mono() - start).count();
  std::printf("%d requests, %d in flight: %.1f us CPU each, %.0f/s, %d failed, %llu connections\n",
              requests, inFlight, 1e6 * (cpuSeconds() - cpu) / requests, requests / wall,
              bench.failed, static_cast<unsigned long long>(client.stats().connections));
  return bench.failed == 0 ? 0 : 1;
}
