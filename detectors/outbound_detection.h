// Floods that protected hosts send: from a window to incidents of direction out. The row of stages
// is that of detection.h, for senders: candidates, what is known of them, findings (outbound.h),
// and incidents. Where every address is protected there are none, since nobody's side is known.
#pragma once

#include <map>
#include <optional>
#include <span>

#include "config/settings.h"
#include "detectors/explainer.h"
#include "detectors/flood_incidents.h"
#include "detectors/incident_book.h"
#include "detectors/outbound.h"
#include "detectors/profiles.h"
#include "detectors/trackers.h"
#include "detectors/window_probes.h"
#include "engine/merge/network_window.h"

namespace floodgauge {

class OutboundDetection {
 public:
  static constexpr std::uint32_t kMostTrackers = 4096;
  /// Trackers that keep summaries of the receivers.
  static constexpr std::size_t kMostSummaries = 512;

  /// All outlive this.
  OutboundDetection(const Settings& settings, const Profiles& profiles, IncidentBook& book,
                    FloodIncidents& floods, Explainer& explainer)
      : settings_(settings),
        profiles_(profiles),
        book_(book),
        floods_(floods),
        explainer_(explainer) {}

  /// `scans`: the part of scans in the window.
  void on_window(const NetworkWindow& window, const WindowProbes& scans);

 private:
  /// How many packets came to a prefix lately.
  struct Inbound {
    double packets = 0;
  };

  void note_inbound(const NetworkWindow& window);
  void judge(const NetworkWindow& window, std::uint32_t number, const ScanShare* scan);
  TargetTracker* tracker_of(const IpPrefix& address, const HostRecord& host, Nanoseconds now);
  double least_suspicious(std::uint32_t prefix, double seconds) const;
  void note_silence(Nanoseconds now);
  void close_seconds(Nanoseconds now);

  const Settings& settings_;
  const Profiles& profiles_;
  IncidentBook& book_;
  FloodIncidents& floods_;
  Explainer& explainer_;
  Trackers trackers_{kMostTrackers};
  std::size_t summaries_ = 0;                 ///< trackers that keep summaries
  std::map<std::uint32_t, Inbound> inbound_;  ///< by prefix number, of prefixes with packets
  std::optional<Nanoseconds> first_start_;
};

}  // namespace floodgauge
