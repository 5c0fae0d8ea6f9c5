// The sampled packets of one incident's target, of the last seconds in which the flood sent.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

#include "detectors/recent_samples.h"

namespace floodgauge {

class RuleSample {
 public:
  static constexpr Nanoseconds kLookedAt = whole_seconds(10);

  /// Adds the packets of a window. Bounded: at most `room` packets of attack vectors, and as many
  /// ordinary ones, are kept; of more, a uniform sample.
  void add(const WindowSample& window, const IpPrefix& target, Direction direction,
           std::size_t room);

  bool empty() const { return kept_[0] + kept_[1] == 0; }
  /// Length of the windows together, in which there may be gaps.
  double seconds() const;
  /// Calls visit(packet, weight): for how many packets it stands.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Part& part : parts_) {
      for (const SampledPacket& packet : part.packets) {
        const unsigned level = std::max(packet.level, levels_[is_attack(packet.vector)].level);
        visit(packet, static_cast<double>(std::uint64_t{1} << level));
      }
    }
  }

 private:
  struct Part {
    Nanoseconds length;
    std::vector<SampledPacket> packets;
  };
  void thin(bool attack, std::size_t room);

  std::deque<Part> parts_;
  Nanoseconds length_;
  std::array<SampleLevel, 2> levels_{};  ///< of ordinary packets, of those of attack vectors
  std::array<std::size_t, 2> kept_{};
};

}  // namespace floodgauge
