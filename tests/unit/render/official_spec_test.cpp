// Runs the official specification's own test files (everything but lambdas).
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "map_partials.h"
#include "unit/json/tree.h"

namespace tidings::render {
namespace {

using nlohmann::json;

void runCase(const std::string& module, const json& c) {
  SCOPED_TRACE(module + ": " + c["name"].get<std::string>() + ": " + c["desc"].get<std::string>());
  const MapPartials partials(c.value("partials", std::map<std::string, std::string>{}));
  const Result<Template> made = compile(c["template"].get<std::string>(), "spec");
  ASSERT_TRUE(made) << made.error().message;
  const JsonDocument data = documentFrom(c["data"]);
  const Result<std::string> out = render(*made, data.root(), {.partials = &partials});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(*out, c["expected"].get<std::string>());
}

TEST(OfficialSpec, EveryCaseOfEveryModuleButLambdas) {
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MUSTACHE_SPEC)) {
    const std::string module = entry.path().stem();
    if (entry.path().extension() != ".json" || module == "~lambdas") continue;
    std::ifstream file(entry.path());
    const json suite = json::parse(file);
    for (const json& c : suite["tests"]) {
      runCase(module, c);
      ++cases;
    }
  }
  EXPECT_GT(cases, 150) << "is " MUSTACHE_SPEC " the directory with the specification's files?";
}

}  // namespace
}  // namespace tidings::render
