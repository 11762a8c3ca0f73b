// Everything that a configuration file decides about a journey. Immutable once built; a reload
// builds another, and journeys that are under way finish with theirs.
#pragma once

#include <memory>

#include "config/config.h"
#include "delivery/router.h"
#include "render/catalog.h"

namespace tidings::delivery {

struct Settings {
  config::Config config;
  render::Catalog catalog;
  std::shared_ptr<Router> router;
};

}  // namespace tidings::delivery
