// Passive response times: the time from a request to its answer, of a sample of flows. A
// direct-mapped table of fixed size; a later request in the same slot replaces the earlier one. The
// more requests a window sees, the fewer flows are sampled. Otherwise the requests of a spoofed
// flood, which nobody answers, would replace all requests that are waiting for their answers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/units.h"

namespace floodgauge {

class ResponseTimer {
 public:
  ResponseTimer() : slots_(kSlots + 1) {}

  void request(std::uint64_t flow_hash, Nanoseconds time) {
    const bool sampled = flow_hash < sampled_below_;
    slots_[slot_if(sampled, flow_hash)] = {mask_of(sampled) & flow_hash, time.count};
    requests_ += sampled;
    if (requests_ == kRequestsAStep) [[unlikely]] {
      requests_ = 0;
      sampled_below_ = std::max(sampled_below_ / 4, kLeastBelow);
    }
  }

  /// Samples one flow in four again.
  void next_window() {
    requests_ = 0;
    sampled_below_ = kBelow;
  }

  /// Seconds since the flow's request, or a negative number when none is known. A request is
  /// answered once.
  float answer(std::uint64_t flow_hash, Nanoseconds time) {
    Waiting& waiting = slots_[slot_if(flow_hash < kBelow, flow_hash)];
    if (waiting.flow != flow_hash) return -1;
    waiting.flow = 0;
    const double seconds = static_cast<double>(time.count - waiting.requested) * 1e-9;
    return seconds < 0 || seconds > kLongest ? -1.0f : static_cast<float>(seconds);
  }

  void prefault() { slots_.prefault(); }
  std::size_t memory_bytes() const { return slots_.bytes(); }

 private:
  struct Waiting {
    std::uint64_t flow;
    std::int64_t requested;  ///< time of the request, ns
  };
  static constexpr std::size_t kSlots = 65536;
  static constexpr double kLongest = 30;
  // One flow in four is sampled at first: chosen by the flow's own keyed hash, so that no sender
  // can choose it and all workers choose alike. Whenever an eighth of the slots have been written,
  // the share drops to a quarter: one in 16, one in 64, and at least one in 256.
  static constexpr std::uint64_t kBelow = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kLeastBelow = std::uint64_t{1} << 56;
  static constexpr std::uint32_t kRequestsAStep = kSlots / 8;
  /// The flow's slot, or for a flow that is not sampled the last slot, where nothing is kept.
  /// Without a branch: which flows are sampled is not predictable.
  static std::size_t slot_if(bool sampled, std::uint64_t flow_hash) {
    return kSlots ^ (mask_of(sampled) & (kSlots ^ ((flow_hash >> 40) & (kSlots - 1))));
  }

  HugeArray<Waiting> slots_;
  std::uint64_t sampled_below_ = kBelow;
  std::uint32_t requests_ = 0;  ///< sampled since sampled_below_ last changed
};

}  // namespace floodgauge
