// Passive response times: when a sampled flow's request was seen, until its answer is.
// Direct-mapped, fixed; a later request in the same place takes it over.
#pragma once

#include <cstdint>

#include "engine/count/huge_array.h"
#include "engine/units.h"

namespace floodgauge {

class ResponseTimer {
 public:
  ResponseTimer() : places_(kPlaces) {}

  void request(std::uint64_t flow_hash, Nanoseconds time) {
    if (!sampled(flow_hash)) return;
    places_[place(flow_hash)] = {flow_hash, time.count};
  }

  /// Seconds since the request, or a negative number when none is known. Answers once.
  float answer(std::uint64_t flow_hash, Nanoseconds time) {
    if (!sampled(flow_hash)) return -1;
    Waiting& waiting = places_[place(flow_hash)];
    if (waiting.flow != flow_hash) return -1;
    waiting.flow = 0;
    const double seconds = static_cast<double>(time.count - waiting.asked) * 1e-9;
    return seconds < 0 || seconds > kLongest ? -1.0f : static_cast<float>(seconds);
  }

  std::size_t memory_bytes() const { return places_.bytes(); }

 private:
  struct Waiting {
    std::uint64_t flow;
    std::int64_t asked;
  };
  static constexpr std::size_t kPlaces = 65536;
  static constexpr double kLongest = 30;
  // One flow in four: chosen by the flow's own hash, so by no one outside, and by every worker
  // alike.
  static bool sampled(std::uint64_t flow_hash) { return (flow_hash >> 62) == 0; }
  static std::size_t place(std::uint64_t flow_hash) { return (flow_hash >> 40) & (kPlaces - 1); }

  HugeArray<Waiting> places_;
};

}  // namespace floodgauge
