// Named scenarios.
#pragma once

#include <span>
#include <string_view>

#include "bench/trafficgen/spec.h"

namespace floodgauge::trafficgen {

struct Preset {
  std::string_view name;
  std::string_view description;
  Nanoseconds duration;  ///< default, if the request has none
  void (*apply)(Request& request);
};

std::span<const Preset> presets();

/// Adds the traffic, floods and effects of the preset to `request`, scaled to `request.duration`.
/// If the duration is zero, it is set to that of the preset. Throws SpecError for an unknown name.
void apply_preset(std::string_view name, Request& request);

// preset_national_link.cc
void national_link(Request& request);
void national_link_quiet(Request& request);

}  // namespace floodgauge::trafficgen
