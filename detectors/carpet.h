// Carpet bombing: floods that are spread over the hosts of a network, so that none of them takes
// much. Which hosts of a window belong together, and whether they make a carpet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  bool wide = false;                   ///< put together from networks that each look quiet

  /// Members with a part of it that is worth the name: strays of ordinary traffic are none.
  std::vector<std::uint32_t> hit(const NetworkWindow& window) const;
  /// Whether `hosts` hit ones are many enough, and none of them takes half.
  bool is_carpet(std::size_t hosts) const;
};

/// The networks of one window. Where prefixes are protected, each is a network; where everything
/// is, networks of 256 IPv4 addresses or an IPv6 /64, and wider ones beside them.
class Carpets {
 public:
  using HasFlood = std::function<bool(const IpPrefix& target)>;

  explicit Carpets(const PrefixRegistry& registry) : registry_(registry) {}

  /// Groups the window's hosts that have suspicious packets and no flood of their own.
  void collect(const NetworkWindow& window, const HasFlood& has_flood);
  /// Puts networks without a flood together to wider ones. Only where everything is protected.
  void widen(const HasFlood& has_flood);

  const std::map<IpPrefix, HitNetwork>& networks() const { return networks_; }
  const std::map<IpPrefix, HitNetwork>& wide() const { return wide_; }

  IpPrefix network_of(const IpAddress& address, std::uint32_t prefix) const;
  static IpPrefix wide_network_of(const IpAddress& address);
  /// The narrowest network that holds the hosts hit, from `wide` down to the ordinary size.
  static IpPrefix cover(const NetworkWindow& window, const IpPrefix& wide,
                        const std::vector<std::uint32_t>& hit);

 private:
  const PrefixRegistry& registry_;
  std::map<IpPrefix, HitNetwork> networks_;
  std::map<IpPrefix, HitNetwork> wide_;
};

}  // namespace floodgauge
