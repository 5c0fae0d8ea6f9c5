// A filter of the connections whose server is awaited to send its first bytes. Most packets of a
// server carry later bytes; they leave at one bit. A bit stands for a hash of flows and is set for
// 30 to 60 seconds, so that unanswered requests do not fill the filter.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/units.h"
#include "engine/count/pending_requests.h"

namespace floodgauge {

class AwaitedBytes {
 public:
  bool may_await(std::uint64_t flow_hash) const {
    const std::size_t word = flow_hash >> 58 | (flow_hash >> 20 & 0x3c0);
    return ((now_[word] | before_[word]) >> (flow_hash >> 8 & 63) & 1) != 0;
  }
  void add(std::uint64_t flow_hash, Nanoseconds now) {
    if (now - since_ > PendingRequests::kLongest) [[unlikely]] {
      before_ = now_;
      now_ = {};
      since_ = now;
    }
    const std::size_t word = flow_hash >> 58 | (flow_hash >> 20 & 0x3c0);
    now_[word] |= std::uint64_t{1} << (flow_hash >> 8 & 63);
  }

 private:
  using Bits = std::array<std::uint64_t, 1024>;
  Bits now_{};
  Bits before_{};
  Nanoseconds since_;  ///< when now_ was begun
};

}  // namespace floodgauge
