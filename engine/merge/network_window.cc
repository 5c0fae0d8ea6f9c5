#include "engine/merge/network_window.h"

#include <algorithm>

#include "engine/prefetch.h"

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
  void add(const LogEntry& packet, std::uint64_t source_hash) {
    sources.add(source_hash);
    if (!has_ports(packet.vector)) return;
    source_ports.add(packet.source_port);
    destination_ports.add(packet.destination_port);
  }
};

}  // namespace

/// Packets that hosts logged. What one host logged is a chain through its worker's log, each link
/// of which may be a wait for the memory: those of several hosts are followed at once.
class NetworkWindow::Logged {
 public:
  /// How many hosts' chains are taken together, for then their packets are in the cache as yet.
  static constexpr std::size_t kTogether = 1024;

  void follow(const WorkerWindow& worker, const HostRecord& record) {
    if (record.events().log_head == 0) return;
    chains_.push_back({worker.log.data(), record.events().log_head});
  }
  std::size_t chains() const { return chains_.size(); }

  void read(const HashKey& key) {
    constexpr std::size_t kAtOnce = 16;
    for (std::size_t first = 0; first < chains_.size(); first += kAtOnce) {
      read_side_by_side(
          std::span(chains_).subspan(first, std::min(kAtOnce, chains_.size() - first)));
    }
    chains_.clear();
    source_hashes_.reserve(entries_.size());
    for (const LogEntry* entry : entries_) source_hashes_.push_back(hash_of(entry->source, key));
  }
  std::span<const LogEntry* const> entries() const { return entries_; }
  std::span<const std::uint64_t> source_hashes() const { return source_hashes_; }
  void clear() {
    entries_.clear();
    source_hashes_.clear();
  }

 private:
  struct Chain {
    const LogEntry* log;
    std::uint32_t at;  ///< the next entry + 1; 0: none
  };

  void read_side_by_side(std::span<Chain> chains) {
    for (const Chain& chain : chains) prefetch_line(&chain.log[chain.at - 1]);
    for (bool more = true; more;) {
      more = false;
      for (Chain& chain : chains) {
        if (chain.at == 0) continue;
        const LogEntry& entry = chain.log[chain.at - 1];
        entries_.push_back(&entry);
        chain.at = entry.older;
        if (chain.at == 0) continue;
        prefetch_line(&chain.log[chain.at - 1]);
        more = true;
      }
    }
  }

  std::vector<Chain> chains_;
  std::vector<const LogEntry*> entries_;
  std::vector<std::uint64_t> source_hashes_;
};

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

void NetworkWindow::add_detail(std::span<const std::uint32_t> members,
                               TargetSummary& summary) const {
  const std::uint64_t before = summary.packets;
  std::uint64_t suspicious = 0;
  Logged logged;
  const auto add_logged = [&] {
    logged.read(key_);
    summary.add(logged.entries(), logged.source_hashes());
    logged.clear();
  };
  for (const std::uint32_t i : members) {
    suspicious += hosts_[i].events().suspicious;
    if (hosts_[i].events().suspicious > kExactPorts) {
      add_many(i, summary);
      continue;
    }
    for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
      if (record.events().detail != 0) summary.add(worker.details[record.events().detail - 1]);
      logged.follow(worker, record);
    });
    if (logged.chains() >= Logged::kTogether) add_logged();
  }
  add_logged();
  if (summary.packets - before < suspicious) {  // log and details were full
    summary.top_sources.mark_inexact();
    summary.source_ports.mark_inexact();
    summary.destination_ports.mark_inexact();
  }
  summary.top_sources.keep_of_more_than(2 * std::size_t{TargetDetail::kSources});
}

/// With more workers each one's sketches have fewer keys and would stay exact longer, and a log
/// longer still. What is called exact must not depend on that.
void NetworkWindow::add_many(std::uint32_t i, TargetSummary& summary) const {
  Distinct distinct;
  Logged logged;
  for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
    if (record.events().detail != 0) {
      const TargetDetail& detail = worker.details[record.events().detail - 1];
      summary.add(detail);
      distinct.add(detail);
    }
    logged.follow(worker, record);
  });
  logged.read(key_);
  summary.add(logged.entries(), logged.source_hashes());
  for (std::size_t n = 0; n < logged.entries().size(); ++n) {
    distinct.add(*logged.entries()[n], logged.source_hashes()[n]);
  }
  if (distinct.sources.estimate() > kExactSources) summary.top_sources.mark_inexact();
  if (distinct.source_ports.size() > kExactPorts) summary.source_ports.mark_inexact();
  if (distinct.destination_ports.size() > kExactPorts) summary.destination_ports.mark_inexact();
}

}  // namespace floodgauge
