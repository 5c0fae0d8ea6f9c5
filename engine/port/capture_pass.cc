#include "engine/port/capture_pass.h"

#include <algorithm>

namespace floodgauge {

void CapturePass::count(std::span<const CaptureRecord> delivered) {
  if (delivered.empty()) return;
  constexpr auto kRelaxed = std::memory_order_relaxed;
  std::uint64_t sum = 0;
  for (const CaptureRecord& record : delivered) sum += record.frame.wire;
  const std::uint64_t before = packets.load(kRelaxed);
  const std::int64_t begin = delivered.front().time;
  first.store(before == 0 ? begin : std::min(first.load(kRelaxed), begin), kRelaxed);
  last.store(std::max(last.load(kRelaxed), delivered.back().time), kRelaxed);
  bytes.store(bytes.load(kRelaxed) + sum, kRelaxed);
  packets.store(before + delivered.size(), kRelaxed);
}

void CapturePass::publish_position() {
  std::uint64_t sum = 0;
  for (const auto& reader : merge.readers()) sum += reader->position();
  position.store(sum, std::memory_order_relaxed);
  jumps.store(merge.clock().jumps, std::memory_order_relaxed);
}

}  // namespace floodgauge
