// A sample of a window's packets to and from protected hosts, from which detection makes rules
// against a flood and says what each would take of the answered traffic.
//
// A packet is chosen by a keyed hash of its flow and its time: those with the smallest hashes are
// kept. Whatever its size, such a sample is uniform, and the samples of several workers make the
// sample of all of them (bottom-k sampling: Cohen and Kaplan, "Summarizing data using bottom-k
// sketches", PODC 2007). Packets of attack vectors and ordinary ones have room of their own, so
// that a flood does not take the place of what its target answers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/address.h"
#include "engine/base/huge_array.h"
#include "engine/count/query_names.h"
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

/// Which packets of a kind are in a sample: those whose hash is at most `most`.
struct SampleLevel {
  std::uint32_t most = ~std::uint32_t{0};
  std::uint8_t level = 0;  ///< one packet in 2^level is in the sample

  /// Keeps half of the hashes. False when there is nothing left to give up: the hashes are equal.
  bool give_up_half() {
    if (most == 0) return false;
    most >>= 1;
    ++level;
    return true;
  }
};

/// Packets of one kind, or their names. When the room is used up, half of the hashes are given up.
template <typename Item>
class Reservoir {
 public:
  explicit Reservoir(std::uint32_t room) : items_(room) {}

  const SampleLevel& level() const { return level_; }
  /// A packet is kept if its hash is at most this.
  std::uint32_t most() const { return level_.most; }
  /// The place for a packet with that hash, which is at most most(). Its contents are of any
  /// earlier packet.
  Item* place(std::uint32_t choice) {
    while (used_ == items_.size()) [[unlikely]] {
        if (!give_up_half()) return nullptr;
        if (choice > level_.most) return nullptr;
      }
    return &items_[used_++];
  }
  const Item* begin() const { return items_.data(); }
  const Item* end() const { return items_.data() + used_; }

  void clear() {
    used_ = 0;
    level_ = {};
  }
  void prefault() { items_.prefault(); }
  std::size_t memory_bytes() const { return items_.bytes(); }

 private:
  /// False when there is nothing more to give up: the hashes are equal.
  [[gnu::noinline]] bool give_up_half();

  HugeArray<Item> items_;
  std::uint32_t used_ = 0;
  SampleLevel level_;
};
using PacketReservoir = Reservoir<SampledPacket>;
using NameReservoir = Reservoir<SampledName>;

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
