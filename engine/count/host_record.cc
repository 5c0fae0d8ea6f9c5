#include "engine/count/host_record.h"

namespace floodgauge {

MoreCells* MoreCellsPool::take() {
  if (used_ == blocks_.size()) return nullptr;
  MoreCells& block = blocks_[used_++];
  block = MoreCells{};
  return &block;
}

Cell& HostRecord::cell_beyond(Vector vector, bool outbound, MoreCellsPool& pool) {
  MoreCells*& more = events().more;
  if (more == nullptr) more = pool.take();
  if (more == nullptr) return cells_[kCells - 1];
  Cell& cell = more->cells[static_cast<std::size_t>(vector) * 2 + (outbound ? 1 : 0)];
  cell.vector = vector;
  cell.outbound = outbound;
  return cell;
}

void HostRecord::merge(const HostRecord& other, MoreCellsPool& pool) {
  flows_active += other.flows_active;
  if (other.has_events_) {
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
    Cell& to = cell(from.vector, from.outbound, pool);
    to.packets += from.packets;
    to.bytes += from.bytes;
  });
}

}  // namespace floodgauge
