// Reflection floods: answers of services to requests with the forged address of the target.
#pragma once

#include <span>
#include <string_view>

#include "bench/trafficgen/bytes.h"
#include "bench/trafficgen/flood.h"

namespace floodgauge::trafficgen {

/// A reflecting service, and its answer.
struct ReflectedService {
  Vector vector;
  std::uint16_t port;  ///< the source port of the answers
  std::string_view description;
  /// Appends the UDP payload of one answer (a TCP payload for reflection_tcp). A payload that does
  /// not fit into one frame is sent in fragments.
  void (*answer)(Bytes& bytes, Rng& rng);
};

std::span<const ReflectedService> reflected_services();

/// 1,200 reflectors, which is the usual length of an attacker's list.
inline constexpr FloodDefaults kReflectionDefaults{1200, 0, 0, 0};

Process run_reflection(Flood& flood);

}  // namespace floodgauge::trafficgen
