// Adds windows up to minutes for the history. It runs in the merging thread and only where a
// history is kept.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/merge/network_window.h"
#include "engine/model/minute_rates.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class MinuteCollector {
 public:
  using Done = std::function<void(MinuteRates)>;

  /// `most`: how many prefixes of a minute are kept, the busiest. `done` is called by add() and
  /// finish() with each minute that is over.
  MinuteCollector(std::size_t most, Done done) : most_(most), done_(std::move(done)) {}

  /// A window counts for the minute in which it starts.
  void add(const NetworkWindow& window, const PrefixRegistry& registry);
  /// Ends the minute that is being collected, if it has any window.
  void finish();

 private:
  struct Entry {
    PrefixMinute minute;
    std::array<float, kLimits> host_rates{};  ///< of minute.peaks, side by side
  };
  void add_prefix(const PrefixWindow& prefix, double seconds, const PrefixRegistry& registry);
  void add_host(const HostRecord& host, float per_second);

  const std::size_t most_;
  const Done done_;
  std::int64_t minute_ = 0;  ///< minutes since 1970
  Nanoseconds covered_;
  std::vector<std::unique_ptr<Entry>> entries_;  ///< by the prefix's number; null without packets
  std::array<double, kLimits> network_peaks_{};
  std::array<double, kLimits> network_window_{};
};

}  // namespace floodgauge
