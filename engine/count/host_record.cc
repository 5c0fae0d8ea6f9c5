#include "engine/count/host_record.h"

#include <algorithm>

namespace floodgauge {

MoreCells* MoreCellsPool::take() {
  if (used_ == blocks_.size()) return nullptr;
  MoreCells& block = blocks_[used_++];
  block = MoreCells{};
  return &block;
}

/// Of a key that has none yet.
CellCounts& HostRecord::new_cell(std::uint8_t key, MoreCellsPool& pool) {
  const unsigned unused = cells_with(0);
  if (unused != 0) {
    const int i = std::countr_zero(unused);
    head_.keys[i] = key;
    cell_at(i) = {};
    return cell_at(i);
  }
  MoreCells*& more = events().more;
  if (more == nullptr) more = pool.take();
  return more == nullptr ? others()[kCells - kFirst - 1] : more->cells[place_in_more(key)];
}

void HostRecord::begin_as(const HostRecord& other, MoreCellsPool& pool) {
  begin(other.address, other.prefix, 0);
  if (other.events().more != nullptr) return merge(other, pool);
  flows_active = other.flows_active;
  head_ = other.head_;
  head_.fill = 0;
  std::ranges::copy(other.first_, first_);
  if (head_.keys[kFirst] != 0) std::ranges::copy(other.others(), others());
  if (!head_.has_events) return;
  events_ = other.events_;
  events_.log_head = 0;
  events_.logged = 0;
  events_.detail = 0;
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
  }
  other.for_each_cell([&](const Cell& from) {
    add(from.vector, from.outbound, {from.packets, from.bytes}, pool);
  });
}

}  // namespace floodgauge
