// The requests and answers of each prefix and service since the start, and recently: what metrics
// and API show of services.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "detectors/impact_incidents.h"
#include "detectors/service_watches.h"
#include "engine/merge/network_window.h"
#include "engine/model/snapshot.h"
#include "engine/sketch/dd_sketch.h"

namespace floodgauge {

class ServiceTotalsBook {
 public:
  void on_window(const NetworkWindow& window, const Settings& settings,
                 const PrefixRegistry& registry);
  /// Adds the services to the prefixes of a snapshot.
  void fill(EngineSnapshot& snapshot, const ServiceWatches& watches, const ImpactIncidents& impacts,
            const PrefixRegistry& registry) const;

 private:
  struct Totals {
    IpPrefix of;  ///< the prefix; a reload may give its number to another one
    ServiceSnapshot shown;
    DdSketch responses;
    // Recent ones: the weight of a window falls by a tenth with each later window.
    double requests = 0;
    double answers = 0;
    std::array<double, kDnsResults> dns_results{};
    double truncated = 0;
    double recursive = 0;
  };
  using Key = std::pair<std::uint32_t, std::uint8_t>;  ///< prefix and service

  static void add(Totals& totals, const ServiceTotals& server,
                  std::span<const ServiceAnswer> answers);

  std::map<Key, Totals> totals_;
  std::vector<std::string> names_;
};

}  // namespace floodgauge
