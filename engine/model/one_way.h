// Whether packets of both directions of a prefix are visible.
#pragma once

#include <cstdint>
#include <string_view>

namespace floodgauge {

/// So many packets do not tell yet whether a direction is missing.
inline constexpr std::uint64_t kTellingPackets = 1000;

/// What is to be told of a prefix that received and sent so many packets since the start; empty if
/// there is nothing to tell. Where only one direction is visible, no packet is seen to be answered.
constexpr std::string_view one_way_text(std::uint64_t packets_in, std::uint64_t packets_out) {
  if (packets_out == 0 && packets_in > kTellingPackets) return "only inbound is visible";
  if (packets_in == 0 && packets_out > kTellingPackets) return "only outbound is visible";
  return "";
}

}  // namespace floodgauge
