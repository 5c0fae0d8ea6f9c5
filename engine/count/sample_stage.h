// Stage "sample": keeps some of a burst's packets in the window's sample, when all other stages
// have counted them.
#pragma once

#include <nmmintrin.h>

#include <algorithm>
#include <cstdint>

#include "engine/count/counted_burst.h"
#include "engine/count/service_stage.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

class SampleStage {
 public:
  explicit SampleStage(const ServiceStage& services) : services_(services) {}

  void take(const CountedBurst& burst, WorkerWindow& window) const {
    const Chosen chosen = choose_packets(burst, window.sample);
    // Only of a few packets is it known before their vector is read whether there is room.
    for_each_bit(chosen.ordinary | chosen.others,
                 [&](std::uint16_t i) { keep(burst, i, window.sample); });
  }

 private:
  struct Chosen {
    std::uint32_t ordinary;  ///< of those that KnownFlowPath has counted
    std::uint32_t others;
  };

  /// The hash that decides: a CRC over the time, which tells the packets of a flow apart, begun
  /// with the flow's keyed hash.
  static std::uint32_t choice_of(const CountedBurst& burst, std::size_t i) {
    const auto time = static_cast<std::uint64_t>(burst.times[i].count);
    return static_cast<std::uint32_t>(
        _mm_crc32_u64(static_cast<std::uint32_t>(burst.flow_hashes[i]), time));
  }

  [[gnu::always_inline]] static Chosen choose_packets(const CountedBurst& burst,
                                                      const PacketSample& sample) {
    const std::uint32_t most_ordinary = sample.ordinary.most();
    const std::uint32_t most = std::max(most_ordinary, sample.attack.most());
    std::uint32_t below = 0;
    std::uint32_t below_ordinary = 0;
    // From the last packet to the first, so that each bit takes one shift of all.
    for (std::size_t i = burst.size; i-- > 0;) {
      const std::uint32_t choice = choice_of(burst, i);
      below = below + below + std::uint32_t{choice <= most};
      below_ordinary = below_ordinary + below_ordinary + std::uint32_t{choice <= most_ordinary};
    }
    const std::uint32_t others = (burst.remaining | burst.half_open) & ~burst.copies;
    return {.ordinary = below_ordinary & burst.known_ordinary, .others = below & others};
  }

  void keep(const CountedBurst& burst, std::uint16_t i, PacketSample& sample) const {
    const bool half_open = (burst.half_open >> i & 1) != 0;
    const Vector vector = half_open ? Vector::tcp_syn : burst.vectors[i];
    PacketReservoir& reservoir = sample.of(vector);
    const std::uint32_t choice = choice_of(burst, i);
    if (choice > reservoir.most()) return;
    SampledPacket* const packet = reservoir.place(choice);
    if (packet == nullptr) return;
    const PacketFacts& facts = burst.facts[i];
    *packet = {.source = facts.source,
               .destination = facts.destination,
               .choice = choice,
               .source_port = facts.source_port,
               .destination_port = facts.destination_port,
               .ip_bytes = facts.ip_bytes,
               .protocol = facts.protocol,
               .tcp_flags = facts.tcp_flags,
               .flags = facts.flags,
               .vector = vector,
               .from_known_client = is_attack(vector) && services_.is_from_known_client(burst, i)};
  }

  const ServiceStage& services_;
};

}  // namespace floodgauge
