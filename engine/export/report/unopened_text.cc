#include "engine/export/report/unopened_text.h"

#include <array>
#include <cstdio>

#include "engine/base/number_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kShown = 3;

/// "0x0806".
std::string hexadecimal(std::uint16_t value) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", value);
  return text.data();
}

/// What a kind of packets is, as "link type 147 (user 0)", "EtherType 0x0806 (ARP)".
std::string kind_text(Stop stop) {
  const std::string number = std::to_string(stop.value);
  const std::string name = stop_name(stop);
  const std::string named = name.empty() ? "" : " (" + name + ")";
  switch (stop.layer) {
    case StopLayer::link:
      return "link type " + number + named;
    case StopLayer::ethertype:
      return "EtherType " + hexadecimal(stop.value) + named;
    case StopLayer::tunnel:
      return "the tunnel at UDP port " + number + named;
    default:
      return "IP protocol " + number + named;
  }
}

}  // namespace

std::string unopened_text(const Unopened& unopened) {
  std::string text;
  std::uint64_t others = unopened.other;
  std::size_t shown = 0;
  for (const UnopenedKind& kind : unopened.kinds) {
    if (shown == kShown) {
      others += kind.packets;
    } else if (shown++ == 0) {
      text = counted(kind.packets, "packet") + " of " + kind_text(kind.stop) +
             (kind.packets == 1 ? " was" : " were") + " not opened";
    } else {
      text += ", nor " + grouped(kind.packets) + " of " + kind_text(kind.stop);
    }
  }
  if (others > 0) text += ", nor " + grouped(others) + " of other kinds";
  return text;
}

}  // namespace floodgauge
