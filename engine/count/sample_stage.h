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
    const PacketSample& sample = window.sample;
    for_each_bit(chosen_ordinary(burst, sample.ordinary.most()),
                 [&](std::uint16_t i) { keep(burst, i, window); });
    const std::uint32_t others = (burst.remaining | burst.half_open) & ~burst.copies;
    const std::uint32_t most = std::max(sample.ordinary.most(), sample.attack.most());
    for_each_bit(others, [&](std::uint16_t i) {
      if (choice_of(burst, i) <= most) keep(burst, i, window);
    });
  }

 private:
  /// The hash that decides: a CRC over the time, which tells the packets of a flow apart, begun
  /// with the flow's keyed hash.
  static std::uint32_t choice_of(const CountedBurst& burst, std::size_t i) {
    const auto time = static_cast<std::uint64_t>(burst.times[i].count);
    return static_cast<std::uint32_t>(
        _mm_crc32_u64(static_cast<std::uint32_t>(burst.flow_hashes[i]), time));
  }

  /// Of the packets that KnownFlowPath has counted, most of all, those with a hash up to `most`.
  [[gnu::always_inline]] static std::uint32_t chosen_ordinary(const CountedBurst& burst,
                                                              std::uint32_t most) {
    if (burst.known_ordinary == 0) return 0;
    std::uint32_t below = 0;
    // From the last packet to the first, so that each bit takes one shift of all.
    for (std::size_t i = burst.size; i-- > 0;) {
      below = below + below + std::uint32_t{choice_of(burst, i) <= most};
    }
    return below & burst.known_ordinary;
  }

  void keep(const CountedBurst& burst, std::uint16_t i, WorkerWindow& window) const {
    const bool half_open = (burst.half_open >> i & 1) != 0;
    const Vector vector = half_open ? Vector::tcp_syn : burst.vectors[i];
    PacketReservoir& reservoir = window.sample.of(vector);
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
               .from_known_client = is_attack(vector) && services_.is_from_known_client(burst, i),
               .dscp = static_cast<std::uint8_t>(facts.traffic_class >> 2)};
    if (vector == Vector::dns_query && choice <= window.sample.names.most()) {
      keep_name(burst, i, choice, window.sample.names);
    }
    if (window.snaps.are_kept()) snap(burst, i, vector, choice, window.snaps);
  }

  [[gnu::noinline]] static void keep_name(const CountedBurst& burst, std::uint16_t i,
                                          std::uint32_t choice, NameReservoir& names) {
    const PacketFacts& facts = burst.facts[i];
    SampledName name{.destination = facts.destination, .choice = choice};
    if (facts.protocol != kProtocolUdp ||
        !read_name_end(burst.frames[i].data + facts.payload_offset, facts.payload_captured, name)) {
      return;
    }
    if (SampledName* const place = names.place(choice)) *place = name;
  }

  [[gnu::noinline]] static void snap(const CountedBurst& burst, std::uint16_t i, Vector vector,
                                     std::uint32_t choice, PacketSnaps& snaps) {
    SampleReservoir<SnappedPacket>& reservoir = snaps.of(vector);
    if (choice > reservoir.most()) return;
    SnappedPacket* const packet = reservoir.place(choice);
    if (packet == nullptr) return;
    const PacketFacts& facts = burst.facts[i];
    packet->set({.source = facts.source,
                 .destination = facts.destination,
                 .time = burst.times[i],
                 .choice = choice,
                 .wire = facts.wire_bytes,
                 .link = burst.frames[i].link,
                 .vector = vector},
                burst.frames[i]);
  }

  const ServiceStage& services_;
};

}  // namespace floodgauge
