// What `floodgauge announce` tells the sensor: the body of PUT /api/v1/announced.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "config/policy.h"
#include "engine/export/bgp/efficacy.h"
#include "engine/export/bgp/reconciler.h"
#include "engine/export/terminal/status_client.h"
#include "engine/model/announced.h"

namespace floodgauge {

/// What became of the announcer's steps since its start.
using AnnounceTotals = std::array<std::uint64_t, kAnnouncementResultNames.size()>;
enum class AnnounceResult : std::uint8_t { announced, withdrawn, failed, ineffective };

/// Tells the sensor what stands, when it changes and every few seconds. Used by one thread.
class SensorTelling {
 public:
  using Say = std::function<void(const std::string&)>;

  /// The sensor is told so often when nothing changes, because it takes what is older than 30 s for
  /// stale; and also when it was not reached, because it may be restarting.
  static constexpr std::chrono::seconds kTellEvery{3};
  /// After a refusal, which only a person mends.
  static constexpr std::chrono::seconds kTellAgain{60};
  static constexpr std::chrono::milliseconds kPatience{2000};

  /// `path`: of the policy. Without a user in `sensor` nothing is told.
  SensorTelling(const Policy& policy, const std::string& path, Url sensor, Say say);

  void count(AnnounceResult result) { ++totals_[static_cast<std::size_t>(result)]; }
  /// To be called often. `at_once`: something has changed.
  void tell(const Reconciler& reconciler, const Efficacy& efficacy, bool at_once);

  nlohmann::ordered_json body(const Reconciler& reconciler, const Efficacy& efficacy) const;

 private:
  Url sensor_;
  Say say_;
  std::string name_;  ///< "host:policy"
  std::string speaker_;
  std::string started_;
  bool dry_run_;
  AnnounceTotals totals_{};
  std::chrono::steady_clock::time_point next_{};
  std::string wrong_;  ///< why the last telling failed
};

}  // namespace floodgauge
