// A sample of a window's packets to and from protected hosts, from which detection makes rules
// against a flood and says what each would take of the answered traffic.
//
// A packet is chosen by a keyed hash of its flow and its time: those with the smallest hashes are
// kept. Whatever its size, such a sample is uniform, and the samples of several workers make the
// sample of all of them (bottom-k sampling: Cohen and Kaplan, "Summarizing data using bottom-k
// sketches", PODC 2007). Packets of attack vectors and ordinary ones have room of their own, so
// that a flood does not take the place of what its target answers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/address.h"
#include "engine/count/query_names.h"
#include "engine/count/sample_reservoir.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// The vector of a packet and what a rule can match of it.
struct SampledPacket {
  IpAddress source;
  IpAddress destination;
  std::uint32_t choice = 0;            ///< the packets with the smallest are kept
  std::uint16_t source_port = 0;       ///< as in PacketFacts
  std::uint16_t destination_port = 0;  ///< as in PacketFacts
  std::uint16_t ip_bytes = 0;          ///< length of the IP packet
  std::uint8_t protocol = 0;
  std::uint8_t tcp_flags = 0;
  std::uint8_t flags = 0;  ///< FactFlag
  Vector vector{};
  /// Its source was served by its destination before, as KnownClients knows.
  bool from_known_client : 1 = false;
  std::uint8_t level : 7 = 0;  ///< one packet in 2^level is in the sample; written by the merge
  std::uint8_t dscp = 0;       ///< RFC 2474: 0..63
};
static_assert(sizeof(SampledPacket) == 48);

using PacketReservoir = SampleReservoir<SampledPacket>;
using NameReservoir = SampleReservoir<SampledName>;

class PacketSample {
 public:
  /// How many packets a window keeps, for all workers together.
  static constexpr std::uint32_t kAttack = 1024;
  static constexpr std::uint32_t kOrdinary = 2048;
  static constexpr std::uint32_t kNames = 64;

  PacketReservoir attack{kAttack};
  PacketReservoir ordinary{kOrdinary};
  NameReservoir names{kNames};  ///< of the queries in `attack`

  PacketReservoir& of(Vector vector) { return is_attack(vector) ? attack : ordinary; }
  void clear() {
    attack.clear();
    ordinary.clear();
    names.clear();
  }
  void prefault() {
    attack.prefault();
    ordinary.prefault();
    names.prefault();
  }
  std::size_t memory_bytes() const {
    return attack.memory_bytes() + ordinary.memory_bytes() + names.memory_bytes();
  }
};

}  // namespace floodgauge
