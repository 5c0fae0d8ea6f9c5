// What the stage "count" adds to a burst.
#pragma once

#include <array>
#include <cstdint>

#include "engine/classify/classified_burst.h"
#include "engine/flow/flow_table.h"

namespace floodgauge {

class HostRecord;

struct CountedBurst : ClassifiedBurst {
  /// The host records that a packet counts into; nullptr where it has none.
  struct Records {
    HostRecord* in = nullptr;   ///< of the destination
    HostRecord* out = nullptr;  ///< of the source
  };
  /// HostTable::prefetch_record()'s guesses for the hosts at both ends of a packet.
  struct SlotGuesses {
    std::uint32_t source;
    std::uint32_t destination;
  };

  // Sets of packets, one bit each.
  std::uint32_t flow_hashed = 0;     ///< the flow is hashed already
  std::uint32_t known_ordinary = 0;  ///< counted by KnownFlowPath, which sets their vectors
  std::uint32_t half_open = 0;       ///< SYNs that HalfOpenPath has taken out of `remaining`
  /// The first packet of its flow in this window towards the target: its source is counted among
  /// the sources of the target's prefix. Each path sets the bits of its packets.
  std::uint32_t counts_source = 0;
  std::uint32_t compared = 0;      ///< compared with the frames before them (duplicates.h)
  std::uint32_t copies = 0;        ///< of these, the copies
  std::uint32_t served = 0;        ///< may be requests to services or answers; has been looked up
  std::uint32_t server_bytes = 0;  ///< may be the first bytes of a server of a plain protocol
  std::uint32_t udp_answers = 0;   ///< UDP answers that KnownFlowPath counts

  std::array<Records, kBurst> records;
  std::array<SlotGuesses, kBurst> slot_guesses;  ///< of packets that are not in `known`
  std::array<FlowTable::Handle, kBurst> flow_handles;
};

}  // namespace floodgauge
