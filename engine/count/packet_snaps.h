// The first bytes of some packets of a window to and from protected hosts: what the evidence of
// incidents is made of. They are the packets of PacketSample with the smallest hashes. Kept only
// where evidence is configured.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/count/packet_sample.h"
#include "engine/count/sample_reservoir.h"
#include "engine/model/vector.h"
#include "engine/parse/parser.h"

namespace floodgauge {

/// So many bytes of a packet are kept at most: all headers of most tunnels and the beginning of the
/// payload, which tells what a datagram asks or answers.
inline constexpr std::uint32_t kSnapBytes = 256;

struct SnapFacts {
  IpAddress source{};  ///< of the packet that was counted, which a tunnel may have carried
  IpAddress destination{};
  Nanoseconds time{};
  std::uint32_t choice = 0;    ///< the packets with the smallest are kept
  std::uint32_t wire = 0;      ///< bytes of the frame
  std::uint16_t captured = 0;  ///< of them, that are kept
  LinkType link = LinkType::ethernet;
  Vector vector{};
  std::uint8_t level = 0;  ///< one packet in 2^level is in the sample; written by the merge
};

struct SnappedPacket : SnapFacts {
  std::array<std::uint8_t, kSnapBytes> bytes{};

  void set(const SnapFacts& facts, const FrameView& frame) {
    static_cast<SnapFacts&>(*this) = facts;
    const std::uint32_t size = std::min(frame.captured, kSnapBytes);
    captured = static_cast<std::uint16_t>(size);
    std::copy_n(frame.data, size, bytes.begin());
  }
};

class PacketSnaps {
 public:
  /// How many packets of a kind (of attack vectors, ordinary) a window keeps, for all workers
  /// together. Fewer than the sample holds, so that the smallest hashes are always among its own.
  static constexpr std::uint32_t kEach = 512;
  static_assert(kEach <= PacketSample::kAttack && kEach <= PacketSample::kOrdinary);

  explicit PacketSnaps(bool on) : attack(on ? kEach : 0), ordinary(on ? kEach : 0) {}

  SampleReservoir<SnappedPacket> attack;
  SampleReservoir<SnappedPacket> ordinary;

  bool are_kept() const { return attack.room() != 0; }
  SampleReservoir<SnappedPacket>& of(Vector vector) {
    return is_attack(vector) ? attack : ordinary;
  }
  void clear() {
    attack.clear();
    ordinary.clear();
  }
  void prefault() {
    if (!are_kept()) return;
    attack.prefault();
    ordinary.prefault();
  }
  std::size_t memory_bytes() const { return attack.memory_bytes() + ordinary.memory_bytes(); }
};

}  // namespace floodgauge
