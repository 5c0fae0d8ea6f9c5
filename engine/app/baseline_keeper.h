// Keeps baselines across a restart. They are read at the start, and written every five minutes and
// at the end. A thread of its own writes them, so that a slow disk delays nothing else. Of two
// processes with the same file, such as a sensor and a replay with its configuration, the first
// keeps it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
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
  /// Called with every window: makes the texts of all files when five minutes have passed, for at
  /// most kSlice in each call, and then queues them for writing. With `now` it makes and writes
  /// them at once and waits until they are written.
  void save(const Settings& settings, const PrefixRegistry& registry, const Baseline& baseline,
            bool now);

 private:
  using Wanted = std::function<bool(const ProtectedPrefix& prefix)>;
  /// Whether this process keeps the file; warns the first time when another one does.
  bool keeps(const std::string& path);
  void load_where(const Settings& settings, const PrefixRegistry& registry, Baseline& baseline,
                  const Wanted& wanted);

  /// The merge waits for so long at most, in each window; 4,096 prefixes take seconds in all.
  static constexpr std::chrono::milliseconds kSlice{2};

  struct Write {
    std::string path;
    BaselineText text;
  };
  /// The texts that are being made.
  struct Pass {
    std::size_t next = 0;  ///< prefix of the registry
    std::map<std::string, BaselineText> files;
  };
  bool add_next(const Settings& settings, const PrefixRegistry& registry, const Baseline& baseline);
  void queue_files();
  void write(Write& write);
  bool set_aside_if_foreign(const std::string& path, const LearntBaselines& learnt,
                            const Settings& settings, const PrefixRegistry& registry);

  Warn warn_;
  FileClaims claims_;
  std::set<std::string> warned_;  ///< files that another process keeps
  ControlMetrics& metrics_;
  std::chrono::steady_clock::time_point next_;
  std::optional<Pass> pass_;
  BackgroundQueue<Write> writes_;  // last: its thread uses the members above
};

}  // namespace floodgauge
