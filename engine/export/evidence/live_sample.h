// The packets of one incident that a daemon keeps as its evidence, chosen among those of which
// workers have kept bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/units.h"
#include "engine/count/packet_snaps.h"
#include "engine/export/evidence/evidence_sample.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// Four fifths of the packets are of the incident's own vectors, in their own proportions: of all
/// windows, those with the smallest hashes, and none with a hash that in any window was too great
/// to be kept (bottom-k sampling, count/packet_sample.h). A tenth are of what its target received
/// and sent before it, a twentieth each of what else it did meanwhile and of what came after.
///
/// A packet has the vector as which it was counted, so that an ordinary conversation is not taken
/// for the flood.
class LiveSample {
 public:
  LiveSample(std::shared_ptr<const Incident> incident, const EvidenceLimits& limits);

  /// Takes a later state of the incident: open or closed, with another target or other vectors.
  void follow(std::shared_ptr<const Incident> incident);
  /// Looks at a packet. Of an incident that is closed, only what came after it is taken.
  void offer(const SnapFacts& facts, std::span<const std::uint8_t> bytes);

  const Incident& incident() const { return *incident_; }
  struct Result {
    std::vector<KeptPacket> packets{};  ///< in order of time
    double sampled_one_in = 1;          ///< of the incident's own packets, one in so many is there
  };
  Result result() const;

 private:
  struct Item {
    std::uint32_t choice = 0;
    bool towards = false;  ///< it is one that hits the target
    bool attack = false;   ///< it was counted as of an attack's vector
    KeptPacket packet{};
    bool operator<(const Item& other) const { return choice < other.choice; }
  };
  /// Those with the smallest hashes: a heap, the greatest first.
  struct Smallest {
    std::size_t room = 0;
    std::vector<Item> kept{};
    /// Every packet of a hash up to this that there was is kept.
    std::uint32_t most = ~std::uint32_t{0};
    void add(const SnapFacts& facts, std::span<const std::uint8_t> bytes, bool towards);
  };
  bool is_own(const Item& item) const;
  bool takes_connections() const;

  std::shared_ptr<const Incident> incident_;
  const Nanoseconds start_;
  const Nanoseconds before_length_;
  const std::size_t own_room_;
  Smallest attack_;    ///< of attack vectors, to the target
  Smallest ordinary_;  ///< other packets to the target, where such may be the incident's own
  Smallest before_;
  Smallest beside_;
  Smallest after_;
};

}  // namespace floodgauge
