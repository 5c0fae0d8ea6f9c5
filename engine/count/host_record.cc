#include "engine/count/host_record.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "engine/base/prefault.h"

namespace floodgauge {

MoreCells* MoreCellsPool::take() {
  if (used_ == blocks_.size()) return nullptr;
  MoreCells& block = blocks_[used_++];
  // The cells are begun one by one: clearing all of them would touch 2 KiB.
  std::ranges::fill(block.used, 0u);
  return &block;
}

namespace {

void forget_log(LoggedPackets& packets) {
  packets.log_head = 0;
  packets.logged = 0;
  packets.detail = 0;
}

}  // namespace

/// add() of a key that has no cell in the record yet.
void HostRecord::add_new(std::uint8_t key, Volume volume, MoreCellsPool& pool) {
  const auto packets = static_cast<std::uint32_t>(volume.packets);
  const unsigned unused = cells_with(0);
  if (unused != 0) {
    const int i = std::countr_zero(unused);
    head_.keys[i] = key;
    cell_at(i).begin(packets, volume.bytes);
    return;
  }
  MoreCells*& more = events().more;
  if (more == nullptr) more = pool.take();
  if (more != nullptr) return more->add(key - 1u, packets, volume.bytes);
  others()[kCells - kFirst - 1].add(packets, volume.bytes);
}

void HostRecord::begin_as(const HostRecord& other, MoreCellsPool& pool) {
  begin(other.address, other.prefix, 0);
  if (other.events().more != nullptr) return merge(other, pool);
  flows_active = other.flows_active;
  head_ = other.head_;
  head_.record_generation = 0;
  std::ranges::copy(other.first_, first_);
  if (head_.keys[kFirst] != 0) std::ranges::copy(other.others(), others());
  if (has_events()) {
    events_ = other.events_;
    forget_log(events_);
  }
  if (other.extra_requests() != 0) {
    second_half().extra_requests = other.second_half().extra_requests;
  }
  if (!sends()) return;
  second_half().sent = other.second_half().sent;
  forget_log(second_half().sent);
}

void HostRecord::merge(const HostRecord& other, MoreCellsPool& pool) {
  flows_active += other.flows_active;
  if (other.has_events()) {
    HostEvents& to = events();
    const HostEvents& from = other.events_;
    to.suspicious += from.suspicious;
    to.new_flows += from.new_flows;
    to.handshakes += from.handshakes;
    to.syn_answered += from.syn_answered;
    to.progressed += from.progressed;
    to.first_payloads += from.first_payloads;
    to.answers += from.answers;
    to.repeated_syns += from.repeated_syns;
  }
  if (other.sends()) {
    HostSent& to = sent();
    const HostSent& from = other.sent();
    to.suspicious += from.suspicious;
    to.new_flows += from.new_flows;
    to.syn_answered += from.syn_answered;
    to.reflected += from.reflected;
    to.reflected_bytes += from.reflected_bytes;
  }
  if (other.extra_requests() != 0) add_extra_requests(other.extra_requests());
  other.for_each_cell([&](const Cell& from) {
    const Volume volume{from.packets, from.bytes};
    if (from.outbound) {
      add_sent(from.vector, from.aside, volume, pool);
    } else {
      add(from.vector, false, volume, pool);
    }
  });
}

/// The gap between the halves takes up addresses, but no memory.
HostRecords::HostRecords(std::size_t count) : count_(count) {
  if (count > kMost) throw std::bad_alloc();
  void* const memory = mmap(nullptr, HostRecord::kApart + half(), PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  second_ = static_cast<std::byte*>(memory);
  std::byte* const first = second_ + HostRecord::kApart;
  first_ = reinterpret_cast<HostRecord*>(first);
  for (std::byte* const part : {first, second_}) {
    if (mprotect(part, half(), PROT_READ | PROT_WRITE) == 0) continue;
    munmap(second_, HostRecord::kApart + half());
    throw std::bad_alloc();
  }
  // Hints only.
  madvise(first, half(), MADV_HUGEPAGE);
  madvise(second_, half(), MADV_NOHUGEPAGE);
}

void HostRecords::prefault() {
  floodgauge::prefault(first_, half());
  floodgauge::prefault(second_, half());
}

HostRecords::~HostRecords() {
  munmap(second_, HostRecord::kApart + half());
}

std::size_t HostRecords::half() const {
  constexpr std::size_t kPage = 4096;
  return (count_ * sizeof(HostRecord) + kPage - 1) / kPage * kPage;
}

}  // namespace floodgauge
