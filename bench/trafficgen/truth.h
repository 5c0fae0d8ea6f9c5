// The ground truth of a capture: counted while its packets are written, and saved beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/trafficgen/spec.h"
#include "engine/base/units.h"

namespace floodgauge::trafficgen {

/// Rates in the truth are measured in windows of this length, aligned to 1970.
inline constexpr Nanoseconds kWindow = milliseconds(100);

/// Counts the packets of one mix or flood.
class Tally {
 public:
  void add(Nanoseconds time, std::uint64_t bytes);
  /// The traffic of this tally ends at `end`: World::send() sends none of it from then on.
  void end_at(Nanoseconds end) { end_ = end; }
  bool over(Nanoseconds time) const { return end_.count != 0 && time >= end_; }
  /// Sets the limit of limit_passed(). To be called before the first packet.
  void watch_limit(double pps) { limit_ = pps; }

  const Volume& volume() const { return volume_; }
  Nanoseconds first() const { return first_; }  ///< time of the first packet; 0 without any
  Nanoseconds last() const { return last_; }
  double peak_pps() const;
  double peak_bps() const;
  /// The end of the first window in which the rate was above the limit; empty if there was none.
  std::optional<Nanoseconds> limit_passed() const;

 private:
  void close_window();

  Volume volume_;
  Volume window_;
  Nanoseconds first_;
  Nanoseconds last_;
  Nanoseconds end_;
  std::int64_t window_number_ = -1;
  std::uint64_t peak_packets_ = 0;
  std::uint64_t peak_bytes_ = 0;
  double limit_ = 0;
  std::optional<std::int64_t> passed_;
};

/// The counts of one flood as it was captured.
struct FloodTruth {
  FloodSpec spec;
  Tally attack;                 ///< packets towards the target
  Tally answers;                ///< packets that the target sent back
  std::uint64_t sources = 0;    ///< distinct source addresses of `attack`, exact
  std::uint64_t fragments = 0;  ///< packets of `attack` that are IP fragments
};

struct BenignTruth {
  BenignSpec spec;
  Tally traffic;
};

struct Truth {
  Request request;
  Tally total;
  std::vector<BenignTruth> benign;
  std::vector<FloodTruth> floods;
};

/// Writes the JSON object that README.md describes. Throws std::runtime_error naming the file.
void save_truth(const Truth& truth, const std::string& path);

/// RFC 3339 in UTC with nine digits of fraction.
std::string rfc3339(Nanoseconds time);

}  // namespace floodgauge::trafficgen
