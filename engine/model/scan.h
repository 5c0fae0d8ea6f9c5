// A scan as the report, the API and the metrics show it: one source that tries many ports or many
// hosts, about once each. It is no incident.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/base/units.h"

namespace floodgauge {

enum class ScanKind : std::uint8_t { ports, hosts };

constexpr const char* name(ScanKind kind) {
  return kind == ScanKind::ports ? "ports" : "hosts";
}

struct Scan {
  IpAddress source;
  IpPrefix target;  ///< the host, or the smallest prefix around those tried
  ScanKind kind = ScanKind::ports;
  std::uint64_t tried = 0;    ///< distinct pairs of host and port; above 512 an estimate
  std::uint64_t refused = 0;  ///< by RST or ICMP
  Nanoseconds start;
  Nanoseconds end;  ///< of the last window with a probe
  double peak_pps = 0;
};

}  // namespace floodgauge
