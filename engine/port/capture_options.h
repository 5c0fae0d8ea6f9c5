// What to replay, into how many queues, and how fast.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/port/capture_pace.h"
#include "engine/port/capture_record.h"
#include "engine/port/capture_times.h"

namespace floodgauge {

/// Computes for each record the hash that selects its queue, see queue_of(). Frames with equal
/// hashes go to the same queue. All packets of a pair of addresses, in both directions and
/// including fragments, must have the same hash; otherwise reports depend on the number of workers.
/// Several threads may call it at the same time.
using SpreadFunction =
    std::function<void(std::span<const CaptureRecord> records, std::span<std::uint32_t> hashes)>;

/// Hashes the outermost IP addresses (symmetric_rss.h); 0 for a frame that is not IP.
void spread_by_outer_addresses(std::span<const CaptureRecord> records,
                               std::span<std::uint32_t> hashes);

struct CaptureOptions {
  std::vector<std::string> paths;       ///< "-" is standard input
  unsigned queues = 1;                  ///< one for each worker
  double speed = 0;                     ///< capture seconds per wall second; 0 is without limit
  Nanoseconds reorder = kUsualReorder;  ///< how far times may be out of order
  SpreadFunction spread = spread_by_outer_addresses;
  WallClock wall = steady_nanoseconds;
};

}  // namespace floodgauge
