// What is usual of each service of each server in each hour of the week: how many of its requests
// are answered, and how fast, in the worst five minutes of the hour. A server that makes its backup
// every night is slow then as it always is, and one that is off every night is missed by nobody.
// Bounded: the busiest servers have a place.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "detectors/usual_rate.h"
#include "engine/base/address.h"

namespace floodgauge {

struct ServiceHour {
  float ratio = 1;          ///< of the requests, answered
  float median = 0;         ///< of the response times, seconds; 0: none was measured
  float p90 = 0;            ///< seconds
  float requests = 0;       ///< a second
  std::uint32_t weeks = 0;  ///< in which this hour was seen
};

struct ServiceSeason {
  std::array<ServiceHour, kHoursOfWeek> hours{};
  float busiest = 0;  ///< the most of their requests a second
};

/// A service of a server, by its configured name.
struct ServedBy {
  std::string service;
  IpAddress server;

  auto operator<=>(const ServedBy&) const = default;
};
using PrefixSeasons = std::map<ServedBy, ServiceSeason>;

/// An hour that is over.
struct SeenHour {
  ServiceHour seen;
  /// What was usual when its impact began. An hour with an impact is learnt as if it came after
  /// such a one: an outage is not usual when the week is over, but one of every week is.
  std::optional<ServiceHour> before_impact;
};

class ServiceSeasons {
 public:
  void learn(const IpPrefix& prefix, const ServedBy& of, std::size_t hour, const SeenHour& seen);
  /// What is usual at this time: of this hour, of the one that begins within 15 minutes and of the
  /// one that ended 15 minutes ago, the worst. Nothing while none of them was seen.
  std::optional<ServiceHour> usual_at(const IpPrefix& prefix, const ServedBy& of,
                                      Nanoseconds time) const;

  const std::map<IpPrefix, PrefixSeasons>& all() const { return all_; }
  /// Takes what was saved, where nothing has been learnt.
  void restore(const IpPrefix& prefix, const PrefixSeasons& seasons);

  /// Servers and services, of 3.4 kB each.
  static constexpr std::size_t kMost = 1024;

 private:
  ServiceSeason* place_for(const IpPrefix& prefix, const ServedBy& of, float requests);

  std::map<IpPrefix, PrefixSeasons> all_;
  std::size_t count_ = 0;
};

}  // namespace floodgauge
