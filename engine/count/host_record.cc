#include "engine/count/host_record.h"

namespace floodgauge {

MoreCells* MoreCellsPool::take() {
  if (used_ == blocks_.size()) return nullptr;
  MoreCells& block = blocks_[used_++];
  block = MoreCells{};
  return &block;
}

Cell& HostRecord::cell_beyond(Vector vector, bool outbound, MoreCellsPool& pool) {
  if (!has_more) more = pool.take();
  has_more = more != nullptr;
  if (!has_more) return cells[kCells - 1];
  Cell& cell = more->cells[static_cast<std::size_t>(vector) * 2 + (outbound ? 1 : 0)];
  cell.vector = vector;
  cell.outbound = outbound;
  return cell;
}

void HostRecord::merge(const HostRecord& other, MoreCellsPool& pool) {
  suspicious += other.suspicious;
  new_flows += other.new_flows;
  flows_active += other.flows_active;
  handshakes += other.handshakes;
  syn_answered += other.syn_answered;
  progressed += other.progressed;
  first_payloads += other.first_payloads;
  answers += other.answers;
  other.for_each_cell([&](const Cell& from) {
    Cell& to = cell(from.vector, from.outbound, pool);
    to.packets += from.packets;
    to.bytes += from.bytes;
  });
}

}  // namespace floodgauge
