// Which worker gets a packet of a replay.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "config/settings.h"
#include "engine/port/capture_record.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// Chooses a worker by the addresses under which a packet is counted, so that both directions of a
/// flow inside a tunnel go to the same worker. A SpreadFunction (capture_queue.h): copies share one
/// protection, and several threads may call it at once.
class ReplaySpreader {
 public:
  explicit ReplaySpreader(const Settings& settings);
  /// Writes the hash of each record; both spans have the same length.
  void operator()(std::span<const CaptureRecord> records, std::span<std::uint32_t> hashes) const;

 private:
  PrefixRegistry registry_;
  std::shared_ptr<const Protection> protection_;
};

}  // namespace floodgauge
