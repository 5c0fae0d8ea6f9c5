// Reflection: answers to questions that were asked in the target's name.
#pragma once

#include <span>
#include <string_view>

#include "bench/trafficgen/bytes.h"
#include "bench/trafficgen/flood.h"

namespace floodgauge::trafficgen {

/// A service that amplifies, and its answer.
struct ReflectedService {
  Vector vector;
  std::uint16_t port;  ///< the source port of the answers
  std::string_view description;
  /// Appends one answer's UDP payload (TCP payload for reflection_tcp). Longer ones than a frame
  /// holds go in fragments.
  void (*answer)(Bytes& bytes, Rng& rng);
};

std::span<const ReflectedService> reflected_services();

/// As many reflectors as an attacker's list usually has.
inline constexpr FloodDefaults kReflectionDefaults{1200, 0, 0, 0};

Process run_reflection(Flood& flood);

}  // namespace floodgauge::trafficgen
