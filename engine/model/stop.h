// The header at which the parser stopped because it does not open what follows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace floodgauge {

/// Whose number names what was not opened.
enum class StopLayer : std::uint8_t {
  none,       ///< everything was opened
  link,       ///< a link type of a capture
  ethertype,  ///< an EtherType; for 802.2 without one, Linux's numbers: 4 LLC, 5 SNAP
  protocol,   ///< an IP protocol number
  tunnel,     ///< the UDP port of a tunnel whose content is not IP
  count_,
};
inline constexpr std::size_t kStopLayers = static_cast<std::size_t>(StopLayer::count_);
/// By StopLayer, as reports and metrics write them.
inline constexpr std::array<const char*, kStopLayers> kStopLayerNames = {
    "none", "link", "ethertype", "protocol", "tunnel"};

struct Stop {
  StopLayer layer = StopLayer::none;
  std::uint16_t value = 0;
  bool operator==(const Stop&) const = default;
};

/// "user 0", "ARP", "OSPF", "VXLAN"; empty for a number that has no known name.
std::string stop_name(Stop stop);

}  // namespace floodgauge
