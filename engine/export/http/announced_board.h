// What announcers tell of the routes that stand (PUT /api/v1/announced), and which incidents a
// person has approved (POST /api/v1/incidents/ID/approve). It is laid over the snapshots that
// leave the program, so that API, metrics, page and log show it beside the incidents.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/export/http/telling.h"
#include "engine/export/report/incident_json.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Every method may be called by any thread.
class AnnouncedBoard {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Log = std::function<void(const std::string&)>;

  /// Further announcers are refused while all of these tell.
  static constexpr std::size_t kMostAnnouncers = 8;
  /// After so long without a telling, what an announcer told is stale.
  static constexpr std::chrono::seconds kStaleAfter{30};
  /// Changes of a telling that are logged; the others are counted in one line.
  static constexpr std::size_t kMostLogged = 20;

  /// `log` gets a line for each route that begins or ceases to stand. May be empty.
  explicit AnnouncedBoard(Log log = {}, Clock clock = std::chrono::steady_clock::now)
      : log_(std::move(log)), clock_(std::move(clock)) {}

  /// Replaces what this announcer told before. Returns what is wrong, or an empty text.
  std::string tell(std::string_view body);
  /// `incident`: an open one.
  void approve(const std::string& incident, const std::string& user, Nanoseconds time);

  /// Logs the announcers that have fallen silent. To be called about once a second.
  void tick();
  /// The answer to GET /api/v1/announced.
  Json json() const;
  /// The snapshot with what is told and approved. Approvals of incidents that it does not
  /// remember are forgotten.
  std::shared_ptr<const EngineSnapshot> over(std::shared_ptr<const EngineSnapshot> snapshot);
  /// The incident with what is told and approved.
  void add_to(Incident& incident) const;

 private:
  struct Announcer {
    Telling last;
    std::multimap<std::string, std::size_t> by_incident;  ///< indices of last.rules
    std::chrono::steady_clock::time_point told;
    Nanoseconds told_at;  ///< UTC
    bool silence_logged = false;
  };

  void count(const Telling& telling);
  void log_changes(const Telling& before, const Telling& now) const;
  bool stale(const Announcer& announcer) const;
  void decorate(Incident& incident) const;
  AnnouncedSummary summary() const;

  const Log log_;
  const Clock clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Announcer> announcers_;  ///< by name
  std::map<std::string, Approval> approvals_;    ///< by incident
  std::array<std::uint64_t, kAnnouncementResultNames.size()> results_{};
};

}  // namespace floodgauge
