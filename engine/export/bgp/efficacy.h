// Whether announced routes take what their receipts promised: the rate of the flood at the sensor
// before and after the announcement. It can tell only where the sensor sees what the filtering
// routers let through (`efficacy.sensor: behind`). At a tap before them the rate does not fall.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/policy.h"
#include "engine/base/units.h"
#include "engine/export/bgp/reconciler.h"

namespace floodgauge {

/// What a route takes, in packets a second that it matches. Nothing: not measured yet, or not to be
/// measured from where the sensor is.
struct RouteMeasure {
  std::optional<double> before_pps;
  std::optional<double> after_pps;

  std::optional<double> remaining_ratio() const;
  /// 1: it takes what it promised. 0: it takes nothing.
  std::optional<double> efficacy() const;
};

/// A route that was found to take nothing.
struct IneffectiveRoute {
  StandingRoute standing;
  RouteMeasure measure;
  Nanoseconds at;     ///< when this was found
  Nanoseconds until;  ///< not announced again before
};

/// Used by one thread.
class Efficacy {
 public:
  /// After an announcement a router needs some time to filter.
  static constexpr Nanoseconds kSettling = whole_seconds(5);
  /// The rate before is the greatest average of one second from so long before the announcement to
  /// kRising after it: a flood is announced while it still grows.
  static constexpr Nanoseconds kSpan = whole_seconds(10);
  static constexpr Nanoseconds kRising = whole_seconds(2);
  /// A rate that grows so much within kTrial of the withdrawal shows that the route did take.
  static constexpr double kGrowth = 1.5;
  static constexpr Nanoseconds kTrial = whole_seconds(15);
  static constexpr std::size_t kMostIneffective = 1000;

  explicit Efficacy(const Policy& policy) : policy_(policy) {}

  struct Change {
    enum class What { took_nothing, did_take };
    What what;
    IneffectiveRoute route;
  };

  /// To be called with each answer of the sensor. Returns the routes to be withdrawn because they
  /// take nothing, and those to be announced again because the flood grew without them.
  std::vector<Change> observe(Nanoseconds now, const std::vector<OpenFlood>& floods,
                              const std::vector<StandingRoute>& standing);

  RouteMeasure measure(const std::string& route) const;
  /// The rate of the whole flood before the route, once it is final: to be kept over a restart.
  std::optional<double> flood_rate(const std::string& route) const;
  /// Routes that are not announced now, by route.
  const std::map<std::string, IneffectiveRoute>& ineffective() const { return ineffective_; }

 private:
  struct Sample {
    Nanoseconds at;
    double pps;      ///< of the whole flood
    double average;  ///< of the last second
    bool quiet;
  };
  struct Watched {
    std::optional<double> flood_before;
    double promised = 1;
    RouteMeasure measure;
    std::size_t samples = 0;  ///< on which the rate after rests
    bool quiet = false;       ///< the flood was, meanwhile
    double flood_after = 0;
  };

  void sample(Nanoseconds now, const std::vector<OpenFlood>& floods);
  void watch(Nanoseconds now, const OpenFlood* flood, const StandingRoute& standing, bool alone);
  bool takes_nothing(Nanoseconds now, const StandingRoute& standing) const;
  IneffectiveRoute reject(Nanoseconds now, const StandingRoute& standing);
  void look_at_trials(Nanoseconds now, std::vector<Change>& changes);
  void forget_old(Nanoseconds now);

  Policy policy_;
  std::map<std::string, std::deque<Sample>> samples_;    ///< by incident
  std::map<std::string, Watched> watched_;               ///< by route
  std::map<std::string, IneffectiveRoute> ineffective_;  ///< by route
  struct Memory {
    unsigned times = 0;            ///< how often it was found to take nothing
    double flood_pps = 0;          ///< of its flood when it was withdrawn
    Nanoseconds trusted_until{0};  ///< not judged before
    Nanoseconds forget{0};
  };
  std::map<std::string, Memory> memory_;  ///< by route
};

}  // namespace floodgauge
