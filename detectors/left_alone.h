// Hosts that were above a limit of all packets and were not called a target, each with the reason.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "detectors/incident_book.h"
#include "detectors/target_counts.h"
#include "engine/count/host_record.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Why a host has no incident, as far as the stages before know it.
struct WhyLeft {
  const IpPrefix* carpet = nullptr;  ///< the target of the incident that its packets belong to
  bool no_room = false;              ///< it is flooded, and the incident book is full
  std::string verdict{};             ///< what the detectors say; may be empty
};

class LeftAloneHosts {
 public:
  /// Hosts that are remembered; later ones are not.
  static constexpr std::size_t kMostHosts = 1024;
  static constexpr std::size_t kMostShown = 10;

  /// Takes a window of a host that is above such a limit and has no flood. Of several windows of a
  /// host, the one with the highest rate is remembered.
  void note(const HostRecord& host, double seconds, const WhyLeft& why = {});
  /// Those that have no open flood, highest peak first, at most kMostShown.
  std::vector<LeftAlone> rows(const IncidentBook& book) const;

 private:
  std::map<IpAddress, LeftAlone> hosts_;
};

}  // namespace floodgauge
