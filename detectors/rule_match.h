// What a FlowSpec rule matches (RFC 8955, RFC 8956), beside the target.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/count/packet_sample.h"
#include "engine/model/direction.h"

namespace floodgauge {

/// A packet matches if it matches every component. It matches a list if it has any of its values.
/// An empty list and an absent component match every packet.
struct RuleMatch {
  std::optional<std::uint8_t> protocol;
  std::vector<std::uint16_t> source_ports;
  std::vector<std::uint16_t> destination_ports;
  /// Any but these; used only where destination_ports is empty.
  std::vector<std::uint16_t> except_destination_ports;
  std::vector<std::uint16_t> icmp_types;
  std::vector<std::uint8_t> tcp_flags;  ///< all of the flags, exactly
  /// Fragments alone, by the bits IsF and FF (RFC 8955, 4.2.2.12): those after the first, or all.
  enum class Fragments : std::uint8_t { not_asked, later, all };
  Fragments fragments = Fragments::not_asked;
  std::vector<std::uint8_t> dscps;  ///< differentiated services code points
  std::optional<std::pair<std::uint16_t, std::uint16_t>> lengths;  ///< of IP packets, inclusive
  /// Of the other end: the source or, of a flood out, the destination.
  std::optional<IpPrefix> peer;

  bool operator==(const RuleMatch&) const = default;

  /// Whether it matches a packet to the target or, with Direction::out, from it.
  bool matches(const SampledPacket& packet, Direction direction) const;
  /// The components in the text form of ExaBGP, each followed by "; ".
  std::string text(const IpPrefix& target, Direction direction) const;
};

}  // namespace floodgauge
