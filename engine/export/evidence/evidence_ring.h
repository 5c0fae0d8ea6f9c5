// The packets of the last windows of which workers have kept bytes: what an incident's evidence has
// from before it was detected.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/base/units.h"
#include "engine/count/packet_snaps.h"

namespace floodgauge {

/// What workers have kept of one window.
struct EvidenceWindow {
  Nanoseconds end{};
  std::vector<SnappedPacket> packets{};
};

class EvidenceRing {
 public:
  /// Bounds: windows that ended within `kept`, and so many bytes.
  EvidenceRing(Nanoseconds kept, std::size_t bytes) : kept_(kept), most_bytes_(bytes) {}

  /// Returns how many windows had to leave before their time, for lack of bytes.
  std::size_t add(const EvidenceWindow& window);
  /// Calls visit(facts, bytes) for each packet, the oldest window first.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Window& window : windows_) window.for_each(visit);
  }
  /// The same for the packets of the last window.
  template <typename Visit>
  void for_each_of_last(Visit&& visit) const {
    if (!windows_.empty()) windows_.back().for_each(visit);
  }
  /// How far back it reaches.
  Nanoseconds reach() const {
    return windows_.empty() ? Nanoseconds{} : windows_.back().end - windows_.front().end;
  }
  std::size_t used_bytes() const { return used_; }

 private:
  struct Window {
    Nanoseconds end{};
    std::vector<SnapFacts> facts{};
    std::vector<std::uint8_t> bytes{};  ///< of all packets, one after the other

    template <typename Visit>
    void for_each(Visit&& visit) const {
      std::span<const std::uint8_t> rest = bytes;
      for (const SnapFacts& packet : facts) {
        visit(packet, rest.first(packet.captured));
        rest = rest.subspan(packet.captured);
      }
    }
    std::size_t memory() const {
      return sizeof(Window) + facts.size() * sizeof(SnapFacts) + bytes.size();
    }
  };

  const Nanoseconds kept_;
  const std::size_t most_bytes_;
  std::deque<Window> windows_;
  std::size_t used_ = 0;
};

}  // namespace floodgauge
