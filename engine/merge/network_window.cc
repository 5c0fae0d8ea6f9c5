#include "engine/merge/network_window.h"

namespace floodgauge {
namespace {

/// Distinct keys of one host and window beyond which a sketch of one worker may not be exact. Of
/// sources a little less than there is room for, since their number is an estimate.
constexpr double kExactSources = TargetDetail::kSources * 0.93;
constexpr std::uint32_t kExactPorts = TargetDetail::kPorts;

/// How many different things one host and window held: the same however they were spread over
/// workers.
struct Distinct {
  HyperLogLog<TargetDetail::kSourcesPrecision> sources;
  PortSet source_ports;
  PortSet destination_ports;

  void add(const TargetDetail& detail) {
    sources.merge(detail.sources);
    source_ports.merge(detail.source_ports_seen);
    destination_ports.merge(detail.destination_ports_seen);
  }
  void add(const LogEntry& packet, const HashKey& key) {
    sources.add(hash_of(packet.source, key));
    if (!has_ports(packet.vector)) return;
    source_ports.add(packet.source_port);
    destination_ports.add(packet.destination_port);
  }
};

/// Calls visit(entry) for each logged packet of a host, newest first.
template <typename Visit>
void for_each_logged(const WorkerWindow& worker, const HostRecord& record, Visit&& visit) {
  for (std::uint32_t at = record.events().log_head; at != 0; at = worker.log[at - 1].older) {
    visit(worker.log[at - 1]);
  }
}

}  // namespace

template <typename Visit>
void NetworkWindow::for_each_part(std::size_t i, Visit&& visit) const {
  if (only_ != nullptr) {
    visit(*only_, hosts_[i]);
    return;
  }
  for (std::uint32_t at = first_part_[i]; at != 0; at = parts_[at - 1].next) {
    const Part& part = parts_[at - 1];
    visit(*part.worker, part.worker->hosts[part.place]);
  }
}

void NetworkWindow::add_detail(std::size_t i, TargetSummary& summary) const {
  const std::uint64_t before = summary.packets;
  for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
    if (record.events().detail != 0) {
      summary.add(worker.details[record.events().detail - 1]);
    } else {
      for_each_logged(worker, record, [&](const LogEntry& entry) { summary.add(entry, key_); });
    }
  });
  mark_inexact(i, summary.packets - before, summary);
}

void NetworkWindow::mark_inexact(std::size_t i, std::uint64_t added, TargetSummary& summary) const {
  if (added < hosts_[i].events().suspicious) {  // log and details were full
    summary.top_sources.mark_inexact();
    summary.source_ports.mark_inexact();
    summary.destination_ports.mark_inexact();
  }
  if (hosts_[i].events().suspicious <= kExactPorts) return;
  // With more workers each sketch has fewer keys and would stay exact longer. What is called exact
  // must not depend on that.
  Distinct distinct;
  for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
    if (record.events().detail != 0) {
      distinct.add(worker.details[record.events().detail - 1]);
    } else {
      for_each_logged(worker, record, [&](const LogEntry& entry) { distinct.add(entry, key_); });
    }
  });
  if (distinct.sources.estimate() > kExactSources) summary.top_sources.mark_inexact();
  if (distinct.source_ports.size() > kExactPorts) summary.source_ports.mark_inexact();
  if (distinct.destination_ports.size() > kExactPorts) summary.destination_ports.mark_inexact();
}

}  // namespace floodgauge
