// All services of all protected servers that have answered at least once, with a watch for each.
// Services are watched only where prefixes are named; where everything is protected, nobody can say
// whose server it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

#include "config/settings.h"
#include "detectors/service_watch.h"
#include "engine/merge/network_window.h"
#include "engine/model/incident.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// Ordered by prefix, service and server.
struct WatchKey {
  std::uint32_t prefix = 0;
  std::uint8_t service = 0;  ///< index into Settings::services
  IpAddress server;

  auto operator<=>(const WatchKey&) const = default;
};

class ServiceWatches {
 public:
  /// Both outlive this.
  ServiceWatches(const PrefixRegistry& registry, ServiceSeasons& seasons)
      : registry_(registry), seasons_(seasons) {}

  /// Adds a window and judges every service at its end.
  void on_window(const NetworkWindow& window, const Settings& settings);
  /// How far UTC is ahead of the times of windows: for the hours of the week.
  void shift_hours(Nanoseconds shift) { shift_ = shift; }

  const std::map<WatchKey, ServiceWatch>& all() const { return watches_; }
  /// The name of a service; empty when a reload has removed it.
  std::string service_name(std::uint8_t service) const;
  /// Servers that were not watched because kMost others were.
  std::uint64_t not_watched() const { return not_watched_; }
  /// What the services do to their clients now, of those of a target, for the one that lost the
  /// greatest share of its answers. Nothing when no service of the target is known.
  std::optional<Effect> effect_on(const IpPrefix& target, std::uint32_t prefix) const;

  static constexpr std::size_t kMost = 4096;

 private:
  void rename(const Settings& settings);
  void forget_idle(Nanoseconds now);
  void follow_hours(Nanoseconds now);
  std::optional<ServiceHour> usual_of(const WatchKey& key) const;

  const PrefixRegistry& registry_;
  ServiceSeasons& seasons_;
  Nanoseconds shift_;
  Nanoseconds now_;                  ///< UTC, of the last window
  std::int64_t quarter_ = -1;        ///< of an hour, since 1970
  std::size_t hour_ = kHoursOfWeek;  ///< the running one
  std::map<WatchKey, ServiceWatch> watches_;
  std::vector<std::string> names_;  ///< of the services
  std::optional<Nanoseconds> origin_;
  Nanoseconds slice_;
  Nanoseconds next_forget_;
  std::uint64_t not_watched_ = 0;
};

}  // namespace floodgauge
