// Whole scenarios by name.
#pragma once

#include <span>
#include <string_view>

#include "bench/trafficgen/spec.h"

namespace floodgauge::trafficgen {

struct Preset {
  std::string_view name;
  std::string_view description;
  Nanoseconds duration;  ///< unless the request names another
  void (*apply)(Request& request);
};

std::span<const Preset> presets();

/// Adds the preset's traffic, floods and effects to `request`, scaled to its duration, which is
/// the preset's own when `request.duration` is zero. Throws SpecError for an unknown name.
void apply_preset(std::string_view name, Request& request);

}  // namespace floodgauge::trafficgen
