// Keeps those packets of a window whose hashes are the smallest (bottom-k sampling,
// packet_sample.h), in a fixed room.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/huge_array.h"

namespace floodgauge {

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

/// Packets of one kind. When the room is used up, half of the hashes are given up. `Packet` has its
/// hash in `choice`.
template <typename Packet>
class SampleReservoir {
 public:
  explicit SampleReservoir(std::uint32_t room) : packets_(room) {}

  const SampleLevel& level() const { return level_; }
  /// A packet is kept if its hash is at most this.
  std::uint32_t most() const { return level_.most; }
  /// The place for a packet with that hash, which is at most most(). Its contents are of any
  /// earlier packet. The room is not 0.
  Packet* place(std::uint32_t choice) {
    while (used_ == packets_.size()) [[unlikely]] {
        if (!give_up_half()) return nullptr;
        if (choice > level_.most) return nullptr;
      }
    return &packets_[used_++];
  }
  const Packet* begin() const { return packets_.data(); }
  const Packet* end() const { return packets_.data() + used_; }
  std::size_t room() const { return packets_.size(); }

  void clear() {
    used_ = 0;
    level_ = {};
  }
  void prefault() { packets_.prefault(); }
  std::size_t memory_bytes() const { return packets_.bytes(); }

 private:
  /// False when there is nothing more to give up: the hashes are equal.
  [[gnu::noinline]] bool give_up_half() {
    if (!level_.give_up_half()) return false;
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < used_; ++i) {
      if (packets_[i].choice <= level_.most) packets_[kept++] = packets_[i];
    }
    used_ = kept;
    return true;
  }

  HugeArray<Packet> packets_;
  std::uint32_t used_ = 0;
  SampleLevel level_;
};

}  // namespace floodgauge
