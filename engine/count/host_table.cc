#include "engine/count/host_table.h"

#include <algorithm>

#include "engine/base/burst.h"

namespace floodgauge {
namespace {

/// Records of new hosts are prefetched so many slots ahead.
constexpr std::uint32_t kRecordsAhead = 16;

}  // namespace

/// Uses at most 1.25 times the slots of the fullest window so far, so that the memory in use stays
/// in the cache. There is always a free slot, because find_or_begin() keeps to the capacity.
std::uint32_t HostTable::new_slot(std::uint64_t hash, const WorkerWindow& window) {
  const auto all = static_cast<std::uint32_t>(window.hosts.size());
  const std::uint32_t wanted = window.hosts_used + window.hosts_used / 4 + kRecordsAhead;
  slots_in_use_ = std::min(all, std::max(slots_in_use_, wanted));
  const std::uint32_t slot = slots_.give(hash, slots_in_use_);
  if (slot + kRecordsAhead < slots_in_use_) window.hosts[slot + kRecordsAhead].prefetch_to_write();
  return slot;
}

HostRecord* HostTable::begin_in_cached_slot(const IpAddress& address, std::uint32_t slot,
                                            WorkerWindow& window) {
  if (slot >= window.hosts.size() || window.is_taken(slot)) return nullptr;
  const HostRecord& before = window.hosts[slot];
  const bool same = before.address == address &&
                    before.slot_generation() == slots_.generation(slot) &&
                    before.record_generation() >= window.records_valid_from;
  const bool room_for_all = window.hosts_used + 2 * kBurst <= limit_;
  if (!same || !room_for_all) return nullptr;
  const std::uint32_t prefix = before.prefix;
  slots_.take(slot);
  window.touch_prefix(prefix);
  return &window.begin_host(slot, address, prefix, before.slot_generation());
}

}  // namespace floodgauge
