// Stage 1 for hosts: which hosts of a window are worth a look. A host is a candidate when it was
// sent suspicious packets, or when all packets that it was sent are above a limit.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "detectors/profiles.h"
#include "detectors/target_tracker.h"
#include "detectors/window_probes.h"
#include "engine/merge/network_window.h"

namespace floodgauge {

/// An incident stays open while the rate of its target is above this share of the limit.
inline constexpr double kCloseScale = 0.5;

struct HostCandidate {
  const HostRecord* host = nullptr;
  std::uint32_t number = 0;          ///< of the host in the window
  bool above_total_limit = false;    ///< all its packets, bits or handshakes are above a limit
  TargetTracker* tracker = nullptr;  ///< filled in by Knowledge::find_trackers()
  const ScanShare* scan = nullptr;   ///< what scans sent to it; null when none did
  double most_with_scan = 0;         ///< packets of attack vectors up to which a scan is no flood
};

/// Goes over the hosts of one window, in the window's order, and returns the candidates in batches,
/// so that the trackers of a batch can be prefetched together.
class HostCandidates {
 public:
  static constexpr std::size_t kBatch = 32;

  /// Both outlive this.
  HostCandidates(const NetworkWindow& window, const Profiles& profiles);

  /// The next 1 to kBatch candidates; empty when there are no more. Valid until the next call.
  std::span<HostCandidate> next();

 private:
  bool is_above_total_limit(const HostRecord& host, Volume inbound) const;

  const NetworkWindow& window_;
  const Profiles& profiles_;
  HostList::Iterator at_;
  std::array<HostCandidate, kBatch> batch_;
};

}  // namespace floodgauge
