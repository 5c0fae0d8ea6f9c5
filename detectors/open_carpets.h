// Carpet bombings that have an incident open: what each is called, and which hosts belong to one.
#pragma once

#include <cstdint>
#include <map>

#include "detectors/incident_book.h"
#include "engine/base/address.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class OpenCarpets {
 public:
  /// Both outlive this.
  OpenCarpets(const IncidentBook& book, const PrefixRegistry& registry)
      : book_(book), registry_(registry) {}

  /// True when a carpet is open over the host and the host's packets/s are only a small part of the
  /// carpet's present packets/s: then the host has no incident of its own.
  bool explains_window(const IpAddress& host, std::uint32_t prefix,
                       double packets_per_second) const;
  /// The same for what came over the last seconds, compared with the carpet's peak: these seconds
  /// may hold a carpet that has just ended.
  bool explains_period(const IpAddress& host, std::uint32_t prefix,
                       double packets_per_second) const;

  /// The target of the incident that is open for the carpet over a wide network: the part of the
  /// network that was hit when it was opened. nullptr when none is open.
  const IpPrefix* wide_target(const IpPrefix& wide_network) const;
  /// Remembers which target stands for the carpet over a wide network.
  void note_wide_target(const IpPrefix& wide_network, const IpPrefix& target);
  /// Forgets the targets whose incident is closed. Call once a window, after the book has closed
  /// what is over.
  void forget_closed();

 private:
  const OngoingIncident* carpet_over(const IpAddress& host, std::uint32_t prefix) const;

  const IncidentBook& book_;
  const PrefixRegistry& registry_;
  std::map<IpPrefix, IpPrefix> wide_targets_;  ///< by wide network
};

}  // namespace floodgauge
