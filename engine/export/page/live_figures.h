// What the page at `/` shows live: the link by class over the last quarter of an hour, and once a
// second the figures of the last window as one JSON text for all pages that are open.
#pragma once

#include <array>
#include <deque>
#include <mutex>
#include <string>

#include "engine/export/report/incident_json.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Bits a second by class, in both directions, at one time.
struct LinkPoint {
  Nanoseconds time;
  std::array<double, kClasses> bps_in{};
  std::array<double, kClasses> bps_out{};
  double pps_in = 0;
  double pps_out = 0;
};
/// {t: milliseconds since 1970, in: {class: bit/s}, out, pps_in, pps_out}; classes with 0 are left
/// out.
Json link_point_json(const LinkPoint& point);

class LiveFigures {
 public:
  static constexpr Nanoseconds kStep = whole_seconds(5);
  static constexpr std::size_t kPoints = 180;
  /// Most rows in the figures of a second.
  static constexpr std::size_t kPrefixRows = 50;
  static constexpr std::size_t kIncidentRows = 100;

  /// Takes up the last snapshot; about once a second.
  void tick(const EngineSnapshot& snapshot);
  /// The figures of the last tick, one line; empty before the first. May be called by any thread,
  /// as may points_json().
  std::string figures() const;
  /// {step_seconds, points[]}.
  Json points_json() const;

 private:
  struct Sums {
    Nanoseconds time;
    std::array<Volume, kClasses> in{};
    std::array<Volume, kClasses> out{};
  };
  static Sums sums_of(const EngineSnapshot& snapshot);
  static LinkPoint between(const Sums& from, const Sums& to);

  mutable std::mutex mutex_;
  std::deque<LinkPoint> points_;
  bool begun_ = false;
  Sums last_;        ///< at the last tick whose time was a new one
  Sums last_point_;  ///< at the last of points_
  LinkPoint now_;
  std::string figures_;
};

}  // namespace floodgauge
