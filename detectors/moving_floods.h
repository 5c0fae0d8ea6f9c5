// Floods that move: the same vector hits one host of a network after the other, each for a short
// time. After a few hops this is one incident on the network, and the hosts that follow have none
// of their own. A carpet that has shrunk to single hosts goes on in the same way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "detectors/flood_incidents.h"
#include "detectors/incident_book.h"
#include "detectors/knowledge.h"
#include "detectors/open_carpets.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class MovingFloods {
 public:
  /// Networks whose hops are remembered; hops in further ones are not counted.
  static constexpr std::size_t kMostNetworks = 4096;
  /// A carpet that has shrunk to single hosts goes on within this time; later it is another flood.
  static constexpr Nanoseconds kShrinks = whole_seconds(2);

  /// All outlive this.
  MovingFloods(IncidentBook& book, const PrefixRegistry& registry, OpenCarpets& open,
               FloodIncidents& floods)
      : book_(book), registry_(registry), open_(open), floods_(floods) {}

  /// Takes a window of a host without an incident in which the detectors found something. Returns
  /// true when the window is added to the incident of a network in end_window(); what is known of
  /// the host is then moved from.
  bool take(const NetworkWindow& window, KnownTarget& host, const Findings& findings);
  /// Adds what take() has taken. Call it when all hosts of the window have been judged.
  void end_window(const NetworkWindow& window);
  /// Joins a carpet that an ordinary network is found to hold to one that is open beside it in the
  /// same wide network: the carpet has grown. Returns false when there is none.
  bool join(const NetworkWindow& window, const KnownTarget& network);
  /// Makes the target of a carpet over a wide network wide enough for the hosts that it hits now.
  void widen(const IpPrefix& wide_network, const IpPrefix& hit);

 private:
  /// A flood of one host.
  struct Hop {
    IpPrefix host;
    Nanoseconds begin;
    Nanoseconds last;  ///< end of the last window in which it was found
    VectorSet vectors;
  };
  /// A window of a host whose flood may be one hop more. Whether the hops before are over shows
  /// when all hosts of the window have been judged.
  struct Waiting {
    KnownTarget host;
    Findings findings;
  };
  /// What a window adds to the incident of a network.
  struct Part {
    KnownTarget known;
    Findings findings;
  };

  /// An open incident of a flood that moves.
  struct Moving {
    IpPrefix host;            ///< that it hit last
    std::uint32_t hosts = 0;  ///< that it has hit, one after the other
  };

  static void note_host(Moving& moving, const IpPrefix& host);
  std::optional<IpPrefix> incident_for(const NetworkWindow& window, const KnownTarget& host,
                                       const VectorSet& vectors);
  bool accepts(const NetworkWindow& window, const OngoingIncident& flood,
               const VectorSet& vectors) const;
  void add_part(const NetworkWindow& window, const IpPrefix& target, KnownTarget& host,
                const Findings& findings);
  std::vector<const Hop*> hops_before(const IpPrefix& network, const NetworkWindow& window,
                                      const IpPrefix& host, const VectorSet& vectors,
                                      bool all_are_known) const;
  void settle(const NetworkWindow& window, Waiting& waiting);
  void note_hop(const NetworkWindow& window, const IpPrefix& host, std::uint32_t prefix);
  void add_hop(const IpPrefix& network, const Hop& hop);
  void forget(Nanoseconds now);

  IncidentBook& book_;
  const PrefixRegistry& registry_;
  OpenCarpets& open_;
  FloodIncidents& floods_;
  std::map<IpPrefix, std::vector<Hop>> hops_;  ///< by network, in the order of their begin
  std::map<IpPrefix, Moving> moving_;          ///< by target
  std::vector<Waiting> waiting_;
  std::map<IpPrefix, Part> parts_;  ///< by the target of the network's incident
};

}  // namespace floodgauge
