// Passive response times: when a sampled flow's request was seen, until its answer is.
// Direct-mapped, fixed; a later request in the same place takes it over. The more requests come in
// a window, the fewer flows are sampled: those of a spoofed flood, which nobody answers, would
// otherwise take the places of all that are waiting.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/units.h"

namespace floodgauge {

class ResponseTimer {
 public:
  ResponseTimer() : places_(kSlots + 1) {}

  void request(std::uint64_t flow_hash, Nanoseconds time) {
    const bool sampled = flow_hash < asked_below_;
    places_[place_if(sampled, flow_hash)] = {mask_of(sampled) & flow_hash, time.count};
    asked_ += sampled;
    if (asked_ == kAskedAtOnce) [[unlikely]] {
      asked_ = 0;
      asked_below_ = std::max(asked_below_ / 4, kLeastBelow);
    }
  }

  /// Samples as before the crowd came.
  void next_window() {
    asked_ = 0;
    asked_below_ = kBelow;
  }

  /// Seconds since the request, or a negative number when none is known. Answers once.
  float answer(std::uint64_t flow_hash, Nanoseconds time) {
    Waiting& waiting = places_[place_if(flow_hash < kBelow, flow_hash)];
    if (waiting.flow != flow_hash) return -1;
    waiting.flow = 0;
    const double seconds = static_cast<double>(time.count - waiting.asked) * 1e-9;
    return seconds < 0 || seconds > kLongest ? -1.0f : static_cast<float>(seconds);
  }

  void prefault() { places_.prefault(); }
  std::size_t memory_bytes() const { return places_.bytes(); }

 private:
  struct Waiting {
    std::uint64_t flow;
    std::int64_t asked;
  };
  static constexpr std::size_t kSlots = 65536;
  static constexpr double kLongest = 30;
  // One flow in four at first: chosen by the flow's own hash, so by no one outside, and by every
  // worker alike. Then one in sixteen, and so on down to one in 256, whenever an eighth of the
  // places have been asked from.
  static constexpr std::uint64_t kBelow = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kLeastBelow = std::uint64_t{1} << 56;
  static constexpr std::uint32_t kAskedAtOnce = kSlots / 8;
  /// Which flows are sampled comes in no order: no branch on that, but a place for all that are
  /// not, where nothing is kept.
  static std::size_t place_if(bool sampled, std::uint64_t flow_hash) {
    return kSlots ^ (mask_of(sampled) & (kSlots ^ ((flow_hash >> 40) & (kSlots - 1))));
  }

  HugeArray<Waiting> places_;
  std::uint64_t asked_below_ = kBelow;
  std::uint32_t asked_ = 0;  ///< since that last changed
};

}  // namespace floodgauge
