#include "engine/count/duplicates.h"

#include <bit>

#include "engine/base/burst.h"
#include "engine/count/frame_print.h"

namespace floodgauge {

[[gnu::always_inline]] inline bool Duplicates::is_copy(const CountedBurst& burst, std::uint16_t i) {
  const std::uint64_t print = frame_print(burst.frames[i], burst.facts[i],
                                          (burst.plain >> i & 1) != 0, burst.flow_hashes[i]);
  return print != 0 && recent_.is_copy(print, burst.times[i]);
}

std::uint32_t Duplicates::find_in_known(CountedBurst& burst, std::uint32_t known) {
  std::uint32_t copies = 0;
  for_each_bit(known, [&](std::uint16_t i) {
    if (!FlowTable::has_copies(burst.flow_handles[i])) return;
    burst.compared |= std::uint32_t{1} << i;
    copies |= std::uint32_t{is_copy(burst, i)} << i;
  });
  burst.copies |= copies;
  return copies;
}

void Duplicates::find_in_remaining(CountedBurst& burst) {
  const std::uint32_t which = burst.remaining & ~burst.compared;
  std::uint32_t copies = 0;
  for_each_bit(which, [&](std::uint16_t i) { copies |= std::uint32_t{is_copy(burst, i)} << i; });
  burst.compared |= which;
  burst.copies |= copies;
}

/// The first copy of a flow that has been answered already counts as one before the answer if it is
/// of the flow's first packets: the mirror was slower than the server.
void Duplicates::note_copy(const CountedBurst& burst, std::uint16_t i, DuplicateCounts& counts) {
  constexpr std::uint32_t kFirstPackets = 4;
  const FlowTable::Handle& flow = burst.flow_handles[i];
  if (!flows_.has_entry(flow)) return;
  const bool first = !FlowTable::has_copies(flow);
  flows_.note_copy(flow);
  counts.answered_copied +=
      first && FlowTable::is_answered(flow) && burst.lookups[i].packets <= kFirstPackets;
}

void Duplicates::note_flows(CountedBurst& burst, WorkerWindow& window) {
  DuplicateCounts& counts = window.duplicates;
  counts.compared += static_cast<unsigned>(std::popcount(burst.compared));
  const std::uint32_t copies = burst.copies & burst.remaining;
  counts.copies += static_cast<unsigned>(std::popcount(copies));
  for_each_bit(copies, [&](std::uint16_t i) { note_copy(burst, i, counts); });
  for_each_bit(burst.remaining & ~burst.copies, [&](std::uint16_t i) {
    if (!burst.lookups[i].first_answer) [[likely]] {
      return;
    }
    ++counts.answered_flows;
    counts.answered_copied += FlowTable::has_copies(burst.flow_handles[i]);
  });
}

}  // namespace floodgauge
