#include "engine/merge/network_window.h"

namespace floodgauge {

void NetworkWindow::add_detail_of(const WorkerWindow& worker, const HostRecord& record,
                                  TargetSummary& summary) const {
  if (record.detail != 0) {
    summary.add(worker.details[record.detail - 1]);
    return;
  }
  for (std::uint32_t at = record.log_head; at != 0; at = worker.log[at - 1].older) {
    summary.add(worker.log[at - 1], key_);
  }
}

void NetworkWindow::add_detail(std::size_t i, TargetSummary& summary) const {
  if (only_ != nullptr) {
    add_detail_of(*only_, hosts_[i], summary);
    return;
  }
  for (std::uint32_t at = first_part_[i]; at != 0; at = parts_[at - 1].next) {
    const Part& part = parts_[at - 1];
    add_detail_of(*part.worker, part.worker->hosts[part.record], summary);
  }
}

}  // namespace floodgauge
