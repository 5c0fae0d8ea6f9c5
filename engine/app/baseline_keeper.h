// Baselines over a restart: read at start, written now and then and at the end, by a thread of
// their own, so that a slow disk holds nothing up.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "config/settings.h"
#include "detectors/baseline_file.h"
#include "engine/export/events/background_queue.h"
#include "engine/export/metrics/control_metrics.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class BaselineKeeper {
 public:
  using Warn = std::function<void(const std::string& line)>;

  /// `metrics` counts the files that are saved; it must outlive the keeper.
  BaselineKeeper(Warn warn, ControlMetrics& metrics);

  /// Gives `baseline` what the files of all profiles hold of prefixes that are protected.
  void load(const Settings& settings, const PrefixRegistry& registry, Baseline& baseline);
  /// Writes when it is time again; at once when `now`, and then waits until it is written.
  void save(const Settings& settings, const PrefixRegistry& registry, const Baseline& baseline,
            bool now);

 private:
  struct Write {
    std::string path;
    std::string text;
  };

  Warn warn_;
  ControlMetrics& metrics_;
  std::chrono::steady_clock::time_point next_;
  BackgroundQueue<Write> writes_;
};

}  // namespace floodgauge
