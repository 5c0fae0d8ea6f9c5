// Carpet bombing: a flood that is spread over the hosts of a network, so that no host takes much of
// it. This groups the hosts of a window into networks and tells which networks may hold a carpet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "detectors/target_counts.h"
#include "engine/merge/network_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// The hosts of one network that are hit in a window.
struct HitNetwork {
  TargetCounts counts;
  std::uint32_t prefix = 0;
  std::uint32_t least = 64;            ///< suspicious packets that make a carpet in this window
  std::uint32_t busiest = 0;           ///< suspicious packets of the busiest host
  std::uint32_t suspicious = 0;        ///< suspicious packets of all hosts
  std::vector<std::uint32_t> members;  ///< numbers of its hosts in the window
  std::vector<std::uint32_t> packets;  ///< suspicious packets of each member
  /// Vectors that are spread over its hosts as a carpet is.
  VectorSet spread{};
  /// Vectors with enough packets for a carpet that are not spread: floods of single hosts. Empty
  /// where nothing is spread.
  VectorSet gathered{};
  bool wide = false;  ///< a wide network, made of networks without an incident

  /// Adds a host's suspicious packets to the sums.
  void add(std::uint32_t of_host);
  /// The members that the flood hits, without those that only got stray packets.
  std::vector<std::uint32_t> hit() const;
  /// True when `hosts`, the number of hosts hit, is large enough and no host takes half.
  bool is_carpet(std::size_t hosts) const { return why_no_carpet(hosts).empty(); }
  /// Why its hosts make no carpet, so that the limits of the prefix are not compared; empty when
  /// they make one.
  std::string_view why_no_carpet(std::size_t hosts) const;
  std::string_view why_no_carpet() const { return why_no_carpet(hit().size()); }
  /// True when its hosts make a carpet without those that take a large part of it each: such a host
  /// has a flood of its own beside the carpet. Otherwise it is what has become of the carpet.
  bool is_carpet_beside_large_hosts() const;
};

/// The network that a host lies in: its protected prefix, or an ordinary network (IPv4 /24, IPv6
/// /64) where everything is protected.
IpPrefix carpet_network_of(const PrefixRegistry& registry, const IpAddress& address,
                           std::uint32_t prefix);
/// The wide network that an address lies in: IPv4 /16, IPv6 /32.
IpPrefix wide_network_of(const IpAddress& address);

/// The networks of one window. Where prefixes are protected, each prefix is a network. Where
/// everything is protected, networks are IPv4 /24 and IPv6 /64, with wide networks beside them
/// (IPv4 /16 and IPv6 /32).
///
/// Floods with spoofed sources make windows with very many networks of one host each. So hosts are
/// only sorted by network, and a HitNetwork is made only of networks that may hold a carpet.
class Carpets {
 public:
  using HasFlood = std::function<bool(const IpPrefix& target)>;
  /// The vectors of the flood that a host has for itself; empty when it has none.
  using OwnVectors = std::function<VectorSet(const IpPrefix& host)>;
  /// True for a network that is looked at however little its hosts are hit.
  using Wanted = std::function<bool(const IpPrefix& network, std::uint32_t prefix)>;
  using Networks = std::map<IpPrefix, HitNetwork>;

  explicit Carpets(const PrefixRegistry& registry) : registry_(registry) {}

  /// Takes the window's hosts that have suspicious packets beside those of a flood of their own.
  void collect(const NetworkWindow& window, const OwnVectors& own_vectors);
  /// The networks that may hold a carpet or are wanted.
  Networks networks(const NetworkWindow& window, const Wanted& wanted) const;
  /// The same for wide networks, each without its ordinary networks that have a flood. Empty unless
  /// everything is protected.
  Networks wide(const NetworkWindow& window, const HasFlood& has_flood, const Wanted& wanted) const;

  /// The narrowest network that holds the hosts hit: as wide as `wide` or narrower, down to an
  /// ordinary network. `hit`: numbers of hosts in the window, at least one.
  static IpPrefix cover(const NetworkWindow& window, const IpPrefix& wide,
                        const std::vector<std::uint32_t>& hit);

 private:
  struct Member {
    std::uint64_t network;     ///< leading bits of its address, or the number of its prefix
    std::uint32_t host;        ///< its number in the window
    std::uint32_t suspicious;  ///< packets, without those of a flood of its own
  };
  using Members = std::span<const Member>;

  IpPrefix network_of(const NetworkWindow& window, const Member& member) const;
  static void sort_by_network(std::vector<Member>& members);
  bool may_be_carpet(Members members) const;
  HitNetwork hit_network(const NetworkWindow& window, Members members) const;

  const PrefixRegistry& registry_;
  OwnVectors own_vectors_;
  std::uint32_t least_ = 64;  ///< see HitNetwork::least
  std::vector<Member> v4_;    ///< sorted by network; where prefixes are protected, all hosts
  std::vector<Member> v6_;    ///< sorted by network
};

}  // namespace floodgauge
