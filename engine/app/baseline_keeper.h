// Keeps baselines across a restart. They are read at the start, and written every five minutes and
// at the end. A thread of its own writes them, so that a slow disk delays nothing else. Of two
// processes with the same file, such as a sensor and a replay with its configuration, the first
// keeps it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "config/settings.h"
#include "detectors/baseline_file.h"
#include "engine/app/file_claims.h"
#include "engine/export/events/background_queue.h"
#include "engine/export/metrics/control_metrics.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class BaselineKeeper {
 public:
  using Warn = std::function<void(const std::string& line)>;

  /// `metrics` counts the files that are saved; it must outlive the keeper.
  BaselineKeeper(Warn warn, ControlMetrics& metrics);

  /// Restores into `baseline` what the files of all profiles hold for protected prefixes.
  void load(const Settings& settings, const PrefixRegistry& registry, Baseline& baseline);
  /// The same after a reload, for prefixes whose file is another than with the settings `before`,
  /// or that are new. What was learnt in memory stays where it was learnt over a longer time than
  /// what the file holds. Without this, the next save would overwrite a file that nobody has read.
  void load_changed(const Settings& before, const PrefixRegistry& registry_before,
                    const Settings& settings, const PrefixRegistry& registry, Baseline& baseline);
  /// Queues all files for writing when five minutes have passed. With `now` it writes them at once
  /// and waits until they are written.
  void save(const Settings& settings, const PrefixRegistry& registry, const Baseline& baseline,
            bool now);

 private:
  using Wanted = std::function<bool(const ProtectedPrefix& prefix)>;
  /// Whether this process keeps the file; warns the first time when another one does.
  bool keeps(const std::string& path);
  void load_where(const Settings& settings, const PrefixRegistry& registry, Baseline& baseline,
                  const Wanted& wanted);

  struct Write {
    std::string path;
    std::string text;
  };

  Warn warn_;
  FileClaims claims_;
  std::set<std::string> warned_;  ///< files that another process keeps
  ControlMetrics& metrics_;
  std::chrono::steady_clock::time_point next_;
  BackgroundQueue<Write> writes_;
};

}  // namespace floodgauge
