// The learnt baseline: for each protected prefix and class of traffic, whether a rate is unusual.
// It finds rates that are below every limit and far above what is usual at this time of the week.
// Learning stops while an incident is open in the prefix, so that a flood does not become usual.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "config/settings.h"
#include "detectors/detector.h"
#include "detectors/service_seasons.h"
#include "detectors/usual_rate.h"
#include "engine/merge/network_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// A class of traffic for which a baseline is kept.
struct BaselineClass {
  TrafficClass traffic_class;
  Vector vector;                             ///< the vector that a finding names
  std::optional<double> Thresholds::*limit;  ///< the static limit; a part of it is the floor
};
std::span<const BaselineClass> baseline_classes();
inline constexpr std::size_t kBaselineClasses = 16;

/// What was learnt of one prefix, by index into baseline_classes().
using PrefixBaseline = std::array<UsualRate, kBaselineClasses>;

/// A rate that has been unusual for long enough.
struct Unusual {
  std::uint32_t prefix = 0;
  std::size_t traffic_class = 0;  ///< index into baseline_classes()
  Nanoseconds since;              ///< begin of the first unusual second
  Nanoseconds now;                ///< end of the present second
  double rate = 0;                ///< packets/s in the present second
  double level = 0;               ///< packets/s that are usual
  double limit = 0;               ///< packets/s above which a rate is unusual

  Finding finding() const;
};

/// What the baseline thought of one class of a prefix in its last second.
struct UsualLook {
  TrafficClass traffic_class = TrafficClass::other;
  double rate = 0;           ///< packets/s
  double level = 0;          ///< packets/s that are usual
  double limit = 0;          ///< packets/s above which a rate is unusual
  std::uint64_t learnt = 0;  ///< seconds
  std::string_view state;    ///< usual, unusual, learning, or why an unusual rate is none
};

class Baseline {
 public:
  using HasIncident = std::function<bool(const IpPrefix& prefix)>;

  /// `registry` outlives this.
  explicit Baseline(const PrefixRegistry& registry) : registry_(registry) {}

  /// Adds a window. When a second is over, returns the rates that are unusual; those that last are
  /// returned again each second. `has_incident` tells whether a flood is open in a prefix.
  std::vector<Unusual> on_window(const NetworkWindow& window, const Settings& settings,
                                 const HasIncident& has_incident);
  /// True when a rate of the prefix was unusual in its last second. The senders are then added up.
  bool suspects(std::uint32_t prefix) const;

  /// Its last second, of the classes that had packets; empty where none is kept.
  std::vector<UsualLook> looked(std::uint32_t prefix) const;

  const std::map<IpPrefix, PrefixBaseline>& learnt() const { return learnt_; }
  /// The seasons of services, which are kept in the same file.
  ServiceSeasons& services() { return services_; }
  const ServiceSeasons& services() const { return services_; }
  /// How far UTC is ahead of the times of windows: for the hours of the week.
  void shift_hours(Nanoseconds shift) { shift_ = shift; }
  void restore(const IpPrefix& prefix, PrefixBaseline baseline);

  /// Prefixes with a baseline, at most. A prefix takes 34 KiB when all its classes have been seen
  /// for a week.
  static constexpr std::size_t kMostPrefixes = 4096;
  /// Seconds in a row for which a rate has to be unusual before it is returned.
  static constexpr std::uint32_t kSeconds = 3;
  /// Seconds in a row after which an unusual rate is learnt all the same: it is there to stay.
  static constexpr std::uint32_t kToStay = 86400;

 private:
  /// The running second of a prefix.
  struct Running {
    IpPrefix of;  ///< the prefix; a reload may give its number to another one
    std::array<std::uint64_t, kBaselineClasses> packets{};
    std::uint64_t handshakes = 0;
    std::uint64_t dns_requests = 0;
    std::uint64_t dns_answers = 0;
    std::array<std::uint32_t, kBaselineClasses> unusual_seconds{};
    std::array<Nanoseconds, kBaselineClasses> since{};
    bool suspect = false;             ///< a rate was unusual in the last second
    std::vector<UsualLook> looked{};  ///< of the last second
  };

  void add(const PrefixWindow& prefix);
  void close_second(const IpPrefix& address, Running& running, std::uint32_t prefix,
                    const Profile& profile, double seconds, Nanoseconds now, bool frozen,
                    std::vector<Unusual>& found);

  const PrefixRegistry& registry_;
  std::map<IpPrefix, PrefixBaseline> learnt_;
  ServiceSeasons services_;
  std::map<std::uint32_t, Running> running_;
  std::optional<Nanoseconds> second_start_;
  Nanoseconds shift_;
};

}  // namespace floodgauge
