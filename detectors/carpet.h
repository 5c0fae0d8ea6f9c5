// Carpet bombing: floods that are spread over the hosts of a network, so that none of them takes
// much. Which hosts of a window belong together, and whether they make a carpet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "detectors/target_counts.h"
#include "engine/merge/network_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// The hosts of one network that are hit in a window.
struct HitNetwork {
  TargetCounts counts;
  std::uint32_t prefix = 0;
  std::uint32_t busiest = 0;  ///< suspicious packets of the busiest host
  std::uint32_t suspicious = 0;
  std::vector<std::uint32_t> members;  ///< hosts of the window
  std::vector<std::uint32_t> packets;  ///< suspicious ones, of each member
  bool wide = false;                   ///< put together from networks that each look quiet

  /// A host's suspicious packets, of which only the sums are kept.
  void add(std::uint32_t of_host);
  /// Members with a part of it that is worth the name: strays of ordinary traffic are none.
  std::vector<std::uint32_t> hit() const;
  /// Whether `hosts` hit ones are many enough, and none of them takes half.
  bool is_carpet(std::size_t hosts) const;
};

/// The networks of one window. Where prefixes are protected, each is a network; where everything
/// is, networks of 256 IPv4 addresses or an IPv6 /64, and wider ones beside them.
///
/// Spoofed sources make a window of very many networks with one host each. So hosts are sorted by
/// network, and what is made of a network is made of those alone that may hold a carpet.
class Carpets {
 public:
  using HasFlood = std::function<bool(const IpPrefix& target)>;
  /// Whether a network is to be looked at whatever its hosts are hit with.
  using Wanted = std::function<bool(const IpPrefix& network, std::uint32_t prefix)>;
  using Networks = std::map<IpPrefix, HitNetwork>;

  explicit Carpets(const PrefixRegistry& registry) : registry_(registry) {}

  /// Takes the window's hosts that have suspicious packets and no flood of their own.
  void collect(const NetworkWindow& window, const HasFlood& has_flood);
  /// Those that may hold a carpet or are wanted.
  Networks networks(const NetworkWindow& window, const Wanted& wanted) const;
  /// The same of wider networks, put together from those without a flood. Only where everything is
  /// protected; elsewhere there are none.
  Networks wide(const NetworkWindow& window, const HasFlood& has_flood, const Wanted& wanted) const;

  IpPrefix network_of(const IpAddress& address, std::uint32_t prefix) const;
  static IpPrefix wide_network_of(const IpAddress& address);
  /// The narrowest network that holds the hosts hit, from `wide` down to the ordinary size.
  static IpPrefix cover(const NetworkWindow& window, const IpPrefix& wide,
                        const std::vector<std::uint32_t>& hit);

 private:
  struct Member {
    std::uint64_t network;  ///< the bits of its address, or the number of its prefix
    std::uint32_t host;     ///< of the window
    std::uint32_t suspicious;
  };
  using Members = std::span<const Member>;

  IpPrefix network_of(const NetworkWindow& window, const Member& member) const;
  static void sort_by_network(std::vector<Member>& members);
  static bool may_be_carpet(Members members);
  static HitNetwork hit_network(const NetworkWindow& window, Members members);

  const PrefixRegistry& registry_;
  std::vector<Member> v4_;  ///< sorted; by prefix, all are here
  std::vector<Member> v6_;
};

}  // namespace floodgauge
