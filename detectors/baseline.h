// The learnt baseline: for each protected prefix and class of traffic, whether a rate is unusual.
// It finds what stays below every limit and is far above what is usual at this time. Learning stops
// while an incident is open in the prefix, so that a flood does not become usual.
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
#include "detectors/usual_rate.h"
#include "engine/merge/network_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// A class of traffic whose baseline is kept, with the vectors that belong to it.
struct BaselineClass {
  TrafficClass traffic_class;
  Vector vector;                             ///< that a finding names
  std::optional<double> Thresholds::*limit;  ///< the static limit, of which a part is the floor
};
std::span<const BaselineClass> baseline_classes();
inline constexpr std::size_t kBaselineClasses = 16;

/// What was learnt of one prefix.
using PrefixBaseline = std::array<UsualRate, kBaselineClasses>;

/// A rate that has been unusual for long enough.
struct Unusual {
  std::uint32_t prefix = 0;
  std::size_t traffic_class = 0;  ///< index into baseline_classes()
  Nanoseconds since;              ///< begin of the first unusual second
  Nanoseconds now;
  double rate = 0;
  double level = 0;
  double limit = 0;

  Finding finding() const;
};

class Baseline {
 public:
  using HasIncident = std::function<bool(const IpPrefix& prefix)>;

  /// `registry` outlives this.
  explicit Baseline(const PrefixRegistry& registry) : registry_(registry) {}

  /// Takes in a window. Returns what is unusual when a second is over: each second anew, as long as
  /// it lasts. `has_incident` tells whether a flood is open in a prefix.
  std::vector<Unusual> on_window(const NetworkWindow& window, const Settings& settings,
                                 const HasIncident& has_incident);
  /// Whether a rate of the prefix was unusual in its last second: who sends is then looked at.
  bool suspects(std::uint32_t prefix) const;

  const std::map<IpPrefix, PrefixBaseline>& learnt() const { return learnt_; }
  void restore(const IpPrefix& prefix, PrefixBaseline baseline);

  /// Prefixes with a baseline of their own at most; of each, 34 KiB when all its classes have been
  /// seen for a week.
  static constexpr std::size_t kMostPrefixes = 4096;
  /// Seconds in a row that a rate has to be unusual.
  static constexpr std::uint32_t kSeconds = 3;
  /// Seconds after which what is unusual is learnt all the same: it is there to stay.
  static constexpr std::uint32_t kToStay = 86400;

 private:
  struct Running {
    IpPrefix of;  ///< a reload may give its number to another
    std::array<std::uint64_t, kBaselineClasses> packets{};
    std::uint64_t handshakes = 0;
    std::uint64_t dns_requests = 0;
    std::uint64_t dns_answers = 0;
    std::array<std::uint32_t, kBaselineClasses> unusual_seconds{};
    std::array<Nanoseconds, kBaselineClasses> since{};
    bool suspect = false;
  };

  void add(const PrefixWindow& prefix);
  void close_second(const IpPrefix& address, Running& running, std::uint32_t prefix,
                    const Profile& profile, double seconds, Nanoseconds now, bool frozen,
                    std::vector<Unusual>& found);

  const PrefixRegistry& registry_;
  std::map<IpPrefix, PrefixBaseline> learnt_;
  std::map<std::uint32_t, Running> running_;
  std::optional<Nanoseconds> second_start_;
};

}  // namespace floodgauge
