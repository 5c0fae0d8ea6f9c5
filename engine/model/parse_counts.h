// How many packets the parser saw of each protocol, and how many were malformed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "engine/model/fault.h"

namespace floodgauge {

/// Numbers of packets. Each counter but `malformed` has a row in kParseCounters, from which the
/// reports, the metrics and merge() take it.
struct ParseCounts {
  std::uint64_t ipv4 = 0;
  std::uint64_t ipv6 = 0;
  std::uint64_t non_ip = 0;
  std::uint64_t fragments = 0;
  std::uint64_t tunnelled = 0;
  std::uint64_t tcp = 0;
  std::uint64_t udp = 0;
  std::uint64_t icmp = 0;
  std::uint64_t icmpv6 = 0;
  std::uint64_t sctp = 0;
  std::uint64_t superframes = 0;  ///< frames that hold several packets (GRO, LRO, TSO)
  std::uint64_t superframe_packets =
      0;  ///< packets in them, estimated; all other counts are frames
  std::array<std::uint64_t, static_cast<std::size_t>(Fault::count_)> malformed{};  ///< by Fault

  void merge(const ParseCounts& other);
};

struct ParseCounter {
  std::string_view json_key;
  std::string_view metric_label;  ///< `protocol` of floodgauge_parsed_packets_total
  std::string_view not_counted;   ///< what the text report calls packets that only this counter
                                  ///< counts; empty where the traffic's own figures have them
  std::uint64_t ParseCounts::*packets;
};

/// In the order in which reports and metrics give them.
inline constexpr ParseCounter kParseCounters[] = {
    {"ipv4", "ipv4", "", &ParseCounts::ipv4},
    {"ipv6", "ipv6", "", &ParseCounts::ipv6},
    {"non_ip", "non_ip", "not IP", &ParseCounts::non_ip},
    {"fragments", "fragment", "", &ParseCounts::fragments},
    {"tunnelled", "tunnelled", "", &ParseCounts::tunnelled},
    {"tcp", "tcp", "", &ParseCounts::tcp},
    {"udp", "udp", "", &ParseCounts::udp},
    {"icmp", "icmp", "", &ParseCounts::icmp},
    {"icmpv6", "icmpv6", "", &ParseCounts::icmpv6},
    {"sctp", "sctp", "", &ParseCounts::sctp},
    {"superframes", "superframe", "", &ParseCounts::superframes},
    {"superframe_packets", "superframe_packet", "", &ParseCounts::superframe_packets},
};
static_assert(sizeof(ParseCounts) ==
                  (std::size(kParseCounters) + static_cast<std::size_t>(Fault::count_)) *
                      sizeof(std::uint64_t),
              "each counter has a row");

inline void ParseCounts::merge(const ParseCounts& other) {
  for (const ParseCounter& counter : kParseCounters) {
    this->*counter.packets += other.*counter.packets;
  }
  for (std::size_t i = 0; i < malformed.size(); ++i) malformed[i] += other.malformed[i];
}

}  // namespace floodgauge
