// Proposes limits from what a history keeps: for each profile and limit, from what was usual in the
// minutes without a flood. It keeps one value a minute, whatever the number of prefixes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "config/threshold_table.h"
#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/export/history/history_reader.h"
#include "engine/model/minute_rates.h"

namespace floodgauge {

struct TuneSettings {
  const Settings& settings;  ///< the profiles now, and which prefix has which
  double quantile = 0.999;   ///< share of the minutes that stayed at or below what is usual
  double headroom = 2;       ///< for growth and for chance: a limit is so many times what is usual
};

/// The highest value of a limit in any minute without a flood.
struct Busiest {
  double value = 0;
  IpAddress host{};  ///< of a host's limit
  IpPrefix prefix{};
  Nanoseconds time{};  ///< begin of the minute
};

/// One limit of one profile.
struct ProposedLimit {
  std::optional<double> now;       ///< absent: no limit is set
  std::optional<double> proposed;  ///< absent: it stays as it is
  double usual = 0;                ///< the quantile
  Busiest busiest{};
  const char* bound = "";  ///< why it is more than head-room times what is usual; empty: it is not
};

using ProposedLimits = std::array<ProposedLimit, kLimits>;  ///< in the order of kThresholdTable

/// Thresholds, then prefix_thresholds.
inline constexpr std::array<const char*, 2> kTunedScopes = {"thresholds", "prefix_thresholds"};

/// A host or prefix that is near a proposed limit, or above it, in a minute without a flood.
struct NearLimit {
  std::string profile;
  std::size_t scope = 0;  ///< index into kTunedScopes
  std::size_t limit = 0;  ///< index into kThresholdTable
  Busiest at{};
  double share = 0;  ///< of the proposed limit
};

/// A flood of the history, and how far its target was above the limits, by plain counts.
struct TunedFlood {
  std::string id;
  std::string target;
  Nanoseconds start{};
  Nanoseconds end{};
  double times_now = 0;  ///< the highest rate by its limit now
  double times_new = 0;  ///< by the proposed limit
};

struct TunedProfile {
  std::array<ProposedLimits, 2> limits{};  ///< by kTunedScopes
  std::uint64_t minutes = 0;
  /// Minutes in which a plain count of ordinary traffic was above a limit: now, and as proposed.
  std::uint64_t above_now = 0;
  std::uint64_t above_new = 0;
};

struct TuneResult {
  Nanoseconds from{}, to{};
  std::uint64_t rows = 0;     ///< minutes of prefixes
  std::uint64_t flooded = 0;  ///< of them with an open flood: the flood's targets do not count
  std::map<std::string, TunedProfile> profiles{};
  std::vector<NearLimit> near{};     ///< nearest first, at most kMostNear
  std::vector<TunedFlood> floods{};  ///< by start, at most kMostFloods
  std::uint64_t more_floods = 0;     ///< beyond them

  static constexpr std::size_t kMostNear = 10;
  static constexpr std::size_t kMostFloods = 1000;
  /// Near is from this share of a proposed limit on.
  static constexpr double kNear = 0.4;
};

/// Throws HistoryError. Without any minute there are no rows and no profile.
TuneResult tune(HistoryReader& reader, const TuneSettings& settings);

/// Rounded up to two significant digits.
double rounded_up(double rate);

}  // namespace floodgauge
