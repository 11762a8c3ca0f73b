#include "settings_loader.h"

#include "providers/provider.h"

namespace tidings::worker {
namespace {

using ProvidersByName = std::map<std::string, std::shared_ptr<providers::Provider>, std::less<>>;

Result<ProvidersByName> makeProviders(Loop& loop, http::Client& client,
                                      const config::Config& config) {
  ProvidersByName made;
  for (const auto& [name, provider] : config.providers) {
    auto built = providers::makeProvider(provider, client, loop);
    if (!built.ok())
      return Error{ErrorKind::invalid, "providers." + name + ": " + built.error().message};
    made.emplace(name, std::move(*built));
  }
  return made;
}

std::map<std::string, delivery::Router::Providers, std::less<>> byChannel(
    const config::Config& config, const ProvidersByName& made) {
  std::map<std::string, delivery::Router::Providers, std::less<>> channels;
  for (const auto& [name, channel] : config.channels) {
    for (const std::string& provider : channel.providers)
      channels[name].push_back(made.at(provider));
  }
  return channels;
}

}  // namespace

Result<std::shared_ptr<const delivery::Settings>> buildSettings(Loop& loop, http::Client& client,
                                                                observe::Metrics& metrics,
                                                                config::Config config) {
  auto catalog = render::Catalog::load(config.templatesDir, config.defaultLocale);
  if (!catalog.ok()) return std::move(catalog).error();
  auto made = makeProviders(loop, client, config);
  if (!made.ok()) return std::move(made).error();
  auto router = std::make_shared<delivery::Router>(
      loop.clock(), byChannel(config, *made),
      [&metrics](const std::string& provider, const notification::Outcome& outcome, Millis took) {
        metrics.providerRequest(provider, toString(outcome.kind), took);
      });
  return std::shared_ptr<const delivery::Settings>(
      new delivery::Settings{std::move(config), std::move(*catalog), std::move(router)});
}

}  // namespace tidings::worker
