// Stage 1 for carpets: which networks of a window are worth a look. A network is a candidate when
// its hosts make a carpet, when it has an incident open, or when the baseline suspects its prefix.
#pragma once

#include <optional>
#include <vector>

#include "detectors/baseline.h"
#include "detectors/carpet.h"
#include "detectors/incident_book.h"
#include "detectors/open_carpets.h"
#include "detectors/target.h"
#include "engine/merge/network_window.h"

namespace floodgauge {

struct NetworkCandidate {
  Target target;
  /// The network by which its tracker is found. For a wide network the target is the narrowest
  /// network that holds the hosts hit, which lies in this one.
  IpPrefix network;
  HitNetwork hit;
};

class CarpetCandidates {
 public:
  /// All outlive this.
  CarpetCandidates(const PrefixRegistry& registry, const IncidentBook& book,
                   const Baseline& baseline, const OpenCarpets& open)
      : carpets_(registry), book_(book), baseline_(baseline), open_(open) {}

  /// Takes the hosts of a window. The two functions below are then called for this window.
  void collect(const NetworkWindow& window);
  /// Candidates among the protected prefixes, or among ordinary networks (IPv4 /24, IPv6 /64) where
  /// everything is protected; in the order of their addresses.
  std::vector<NetworkCandidate> networks(const NetworkWindow& window) const;
  /// Candidates among wide networks (IPv4 /16, IPv6 /32), without the ordinary networks that have
  /// an incident by now: call it when networks() have been judged.
  std::vector<NetworkCandidate> wide_networks(const NetworkWindow& window) const;
  /// A network of the window, ordinary or wide, whether it is a candidate or not; nothing when no
  /// host in it has suspicious packets. Its target is the network.
  std::optional<NetworkCandidate> look_at(const NetworkWindow& window,
                                          const IpPrefix& network) const;

 private:
  void leave_out_gathered(const IpPrefix& target, HitNetwork& network) const;
  bool has_flood(const IpPrefix& target) const { return book_.flood_on(target) != nullptr; }

  Carpets carpets_;
  const IncidentBook& book_;
  const Baseline& baseline_;
  const OpenCarpets& open_;
};

}  // namespace floodgauge
