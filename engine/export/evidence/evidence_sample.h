// The packets of one incident that are kept as its evidence: a sample of bounded size, taken while
// packets pass by.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/units.h"
#include "engine/export/evidence/vector_shape.h"
#include "engine/model/incident.h"
#include "engine/parse/parser.h"

namespace floodgauge {

struct EvidenceLimits {
  std::uint32_t packets = 2000;           ///< of one incident
  Nanoseconds before = whole_seconds(5);  ///< kept from before it began, and from after its end
  std::uint32_t snap = 256;               ///< bytes of a packet, so that its content is cut off
};

struct KeptPacket {
  Nanoseconds time{};
  LinkType link = LinkType::ethernet;
  std::uint32_t wire = 0;  ///< bytes of the original frame
  bool own = false;        ///< it looks like a packet of the incident's vectors
  std::vector<std::uint8_t> bytes{};
};

/// Four fifths of the packets are a uniform sample of the incident's own, so that its vectors have
/// the proportions that they had. A tenth are of what its target received and sent before it, a
/// twentieth each of what else it did meanwhile, and of what came after. The samples are those of
/// Vitter's algorithm R ("Random Sampling with a Reservoir", 1985), with numbers that depend on the
/// incident's id alone: the same packets in the same order give the same sample.
class EvidenceSample {
 public:
  EvidenceSample(std::shared_ptr<const Incident> incident, const EvidenceLimits& limits);

  /// Looks at a packet; the addresses of tunnels' inner packets count too.
  void offer(Nanoseconds time, const FrameView& frame, const PacketFacts& outer);

  const Incident& incident() const { return *incident_; }
  std::uint32_t snap() const { return snap_; }
  /// The kept packets, in order of time.
  std::vector<const KeptPacket*> packets() const;
  /// How many of the incident's own packets there were for each one that was kept: 1 or more.
  double sampled_one_in() const;

 private:
  struct Reservoir {
    std::size_t room = 0;
    std::uint64_t seen = 0;
    std::vector<KeptPacket> kept;
  };

  bool is_own(const PacketFacts& facts) const;
  void keep(Reservoir& reservoir, Nanoseconds time, const FrameView& frame, bool own);
  std::uint64_t random_below(std::uint64_t bound);

  std::shared_ptr<const Incident> incident_;
  std::vector<VectorShape> shapes_;
  Nanoseconds from_;
  Nanoseconds to_;  ///< the last moment
  Nanoseconds end_;
  std::uint32_t snap_;
  std::uint64_t random_;
  Reservoir own_;
  Reservoir before_;
  Reservoir beside_;
  Reservoir after_;
};

}  // namespace floodgauge
