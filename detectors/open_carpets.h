// Carpet bombings that have an incident open: what each is called, and what of a host's traffic
// belongs to one. A carpet excuses packets of its own vectors alone: a flood of another vector on a
// host beneath it is an incident of its own.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>

#include "detectors/incident_book.h"
#include "engine/base/address.h"
#include "engine/count/host_record.h"
#include "engine/merge/network_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class OpenCarpets {
 public:
  /// Both outlive this.
  OpenCarpets(IncidentBook& book, const PrefixRegistry& registry)
      : book_(book), registry_(registry) {}

  /// The vectors of which the host's packets in a window belong to a carpet over it: the carpet's
  /// own, while the host takes only a small part of the carpet's present packets/s, or while the
  /// carpet has shrunk to a few hosts.
  VectorSet excused_in_window(const HostRecord& host, double seconds) const;
  /// The same for what came over the last seconds, compared with the carpet's peak: these seconds
  /// may hold a carpet that has just ended.
  VectorSet excused_in_period(const IpAddress& host, std::uint32_t prefix,
                              const TargetCounts& counts, double seconds) const;
  /// The vectors of the carpet over the wide network of an ordinary network.
  VectorSet excused_by_wide(const IpPrefix& network) const;
  /// Adds an ordinary network's part of the carpet over its wide network, in the window in which
  /// the carpet grew and only a part of it has been added: `all` packets but the `others`.
  void add_rest(const NetworkWindow& window, const IpPrefix& network, Volume all, Volume others);
  /// The incidents of the carpets over a host, at most two; the rest is null.
  std::array<const OngoingIncident*, 2> carpets_over(const IpAddress& host,
                                                     std::uint32_t prefix) const;

  /// Notes, for the present window, that the carpet on this target hits few hosts only.
  void note_shrunk(const IpPrefix& target) { shrunk_.insert(target); }
  /// Forgets what was noted in the window before.
  void begin_window() { shrunk_.clear(); }

  /// The target of the incident that is open for the carpet over a wide network: the part of the
  /// network that was hit when it was opened. nullptr when none is open.
  const IpPrefix* wide_target(const IpPrefix& wide_network) const;
  /// Remembers which target stands for the carpet over a wide network.
  void note_wide_target(const IpPrefix& wide_network, const IpPrefix& target);
  /// Forgets the targets whose incident is closed. Call once a window, after the book has closed
  /// what is over.
  void forget_closed();

 private:
  IncidentBook& book_;
  const PrefixRegistry& registry_;
  std::map<IpPrefix, IpPrefix> wide_targets_;  ///< by wide network
  std::set<IpPrefix> shrunk_;  ///< targets of carpets that hit few hosts in this window
};

}  // namespace floodgauge
