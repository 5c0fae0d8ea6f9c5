// Incidents of kind impact: one for each service of each server that is slow, failing or silent;
// or, when most servers of a prefix that offer the service have it at the same time, one for the
// prefix. Each names the flood that explains it, if there is one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "detectors/incident_book.h"
#include "detectors/service_watches.h"

namespace floodgauge {

class ImpactIncidents {
 public:
  /// All outlive this.
  ImpactIncidents(const PrefixRegistry& registry, IncidentBook& book, const ServiceWatches& watches)
      : registry_(registry), book_(book), watches_(watches) {}

  /// Takes what the watches say at `now`, the end of a window.
  void on_window(const Settings& settings, Nanoseconds now);

  /// Requests lost in impacts so far, by prefix and service, since the start.
  const std::map<std::pair<std::uint32_t, std::uint8_t>, std::uint64_t>& lost_requests() const {
    return lost_;
  }

 private:
  using Service = std::pair<std::uint32_t, std::uint8_t>;  ///< prefix and service
  /// An open incident of a whole prefix.
  struct Merged {
    std::map<IpAddress, std::size_t> open;  ///< rows of servers whose impact is open
  };
  using Watch = std::pair<const WatchKey, ServiceWatch>;

  bool should_merge(const std::vector<const Watch*>& asked, Nanoseconds now) const;
  void merge(const Service& service, const std::vector<const Watch*>& asked,
             const Settings& settings, Nanoseconds now);
  void follow_merged(const Service& service, Merged& merged, const std::vector<const Watch*>& asked,
                     Nanoseconds now);
  void follow_single(const Watch& watch, const Settings& settings, Nanoseconds now);
  OngoingIncident* open(const IpPrefix& target, const Service& service, ImpactDetail detail,
                        const Settings& settings, Nanoseconds now);
  void update(OngoingIncident& ongoing, Nanoseconds now);
  static void close(OngoingIncident& ongoing, Nanoseconds end, Nanoseconds now);
  void count_lost(const Service& service, const ServerImpact& impact);

  const PrefixRegistry& registry_;
  IncidentBook& book_;
  const ServiceWatches& watches_;
  std::map<Service, Merged> merged_;
  std::map<Service, std::uint64_t> lost_;
};

/// The id of the flood that explains an impact or blackout that began at `start` on a target of a
/// protected prefix; empty when there is none.
std::string cause_of(const IncidentBook& book, const IpPrefix& target, const IpPrefix& prefix,
                     Nanoseconds start);
/// Whether `time` lies in a maintenance window of a protected prefix.
bool in_maintenance(const Settings& settings, const IpPrefix& prefix, Nanoseconds time);

}  // namespace floodgauge
