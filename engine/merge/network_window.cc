#include "engine/merge/network_window.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/prefetch.h"

namespace floodgauge {
namespace {

/// With more distinct keys than this for one host and window, the sketch of a single worker would
/// not be exact. For sources it is a little less than the sketch's capacity, since their number is
/// an estimate.
constexpr double kExactSources = TargetDetail::kSources * 0.93;
constexpr std::uint32_t kExactPorts = TargetDetail::kPorts;

/// Numbers of distinct sources and ports of one host and window. They do not depend on how the
/// packets were spread over workers.
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

/// The attack vector of which the host was sent most packets, or with Direction::out has sent most.
Vector main_vector_of(const HostRecord& host, Direction direction) {
  Vector most = Vector::udp;
  std::uint32_t packets = 0;
  host.for_each_cell([&](const Cell& cell) {
    const bool attack = is_attack(cell.vector) || cell.vector == Vector::tcp_stream;
    const bool more = cell.packets > packets || (cell.packets == packets && cell.vector < most);
    if (cell.outbound != (direction == Direction::out) || !attack || !more) return;
    packets = cell.packets;
    most = cell.vector;
  });
  return most;
}

}  // namespace

/// Adds the logged packets of hosts to the summary of their vector. The packets of one host are a
/// linked list through its worker's log, and each link may be a cache miss. So the lists of several
/// hosts are followed in parallel.
class NetworkWindow::Logged {
 public:
  Logged(const HashKey& key, SourcesByGroup& groups) : key_(key), groups_(groups) {}

  void follow(const WorkerWindow& worker, const LoggedPackets& packets) {
    if (packets.log_head == 0) return;
    chains_[used_++] = {worker.log.data(), packets.log_head};
    if (used_ == chains_.size()) read([](const LogEntry&, std::uint64_t) {});
  }
  /// Reads the lists given to follow() so far and calls visit(packet, hash of its source) for each
  /// packet.
  template <typename Visit>
  void read(Visit&& visit) {
    const std::span chains = std::span(chains_).first(std::exchange(used_, 0));
    for (const Chain& chain : chains) prefetch_line(&chain.log[chain.at - 1]);
    for (bool more = !chains.empty(); more;) {
      more = false;
      for (Chain& chain : chains) {
        if (chain.at == 0) continue;
        const LogEntry& packet = chain.log[chain.at - 1];
        chain.at = packet.older;
        if (chain.at != 0) {
          prefetch_line(&chain.log[chain.at - 1]);
          more = true;
        }
        add(packet, visit);
      }
    }
  }
  /// Reads the workers' whole logs in their order in memory.
  template <typename Visit>
  void read_all(std::span<const WorkerWindow* const> workers, Visit&& visit) {
    for (const WorkerWindow* worker : workers) {
      for (const LogEntry& packet : std::span(worker->log.data(), worker->log_used)) {
        add(packet, visit);
      }
    }
  }
  /// Adds the greatest sources of the packets read, as many as a worker's sketch holds.
  void add_sources() {
    for (Group& group : of_groups_) {
      if (group.summary == nullptr) continue;
      group.summary->top_sources.add_and_keep(group.sources,
                                              2 * std::size_t{TargetDetail::kSources});
    }
  }

 private:
  struct Group {
    TargetSummary* summary = nullptr;
    std::vector<const IpAddress*> sources{};
  };
  struct Chain {
    const LogEntry* log;
    std::uint32_t at;  ///< the next entry + 1; 0: none
  };

  template <typename Visit>
  void add(const LogEntry& packet, Visit&& visit) {
    const std::uint64_t hash = hash_of(packet.source, key_);
    Group& group = of_groups_[static_cast<std::size_t>(group_of(packet.vector))];
    if (group.summary == nullptr) group.summary = &groups_.of(packet.vector);
    group.summary->add_but_source(packet, hash);
    group.sources.push_back(&packet.source);
    visit(packet, hash);
  }

  const HashKey& key_;
  SourcesByGroup& groups_;
  std::array<Group, kSourceGroups> of_groups_;
  std::array<Chain, 16> chains_;
  std::size_t used_ = 0;
};

std::uint64_t NetworkWindow::recorded(const HostRecord& record, Direction direction) {
  if (direction == Direction::in) return record.events().suspicious;
  return std::uint64_t{record.sent().suspicious} + record.sent().reflected;
}

/// Whether the workers' logs hold exactly the packets of some hosts. `packets`: the suspicious
/// packets of these hosts that are in no detail.
bool NetworkWindow::is_whole_log(std::uint64_t packets) const {
  std::uint64_t logged = 0;
  for (const WorkerWindow* worker : workers_) {
    if (worker->detail_missed != 0) return false;
    logged += worker->log_used;
  }
  return packets == logged;
}

void NetworkWindow::add_detail(std::span<const std::uint32_t> members, TargetSummary& summary,
                               Direction direction) const {
  SourcesByGroup sources;
  add_detail(members, sources, direction);
  summary.merge(sources.all());
}

void NetworkWindow::add_detail(std::span<const std::uint32_t> members, SourcesByGroup& sources,
                               Direction direction) const {
  const std::uint64_t before = sources.packets();
  std::uint64_t suspicious = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + HostList::kAhead < members.size())
      hosts_[members[i + HostList::kAhead]].prefetch_events();
    const std::uint64_t of_host = recorded(hosts_[members[i]], direction);
    suspicious += of_host;
    most = std::max(most, of_host);
  }
  Logged logged(key_, sources);
  const bool no_details = std::all_of(workers_.begin(), workers_.end(),
                                      [](const auto* worker) { return worker->details_used == 0; });
  if (most <= kExactPorts && no_details && is_whole_log(suspicious)) {
    logged.read_all(workers_, [](const LogEntry&, std::uint64_t) {});
  } else {
    for (const std::uint32_t i : members) {
      if (recorded(hosts_[i], direction) > kExactPorts) {
        add_many(i, direction, logged, sources);
        continue;
      }
      for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
        const LoggedPackets& packets = packets_of(record, direction);
        if (packets.detail != 0) {
          sources.of(main_vector_of(hosts_[i], direction)).add(worker.details[packets.detail - 1]);
        }
        logged.follow(worker, packets);
      });
    }
    logged.read([](const LogEntry&, std::uint64_t) {});
  }
  logged.add_sources();
  if (sources.packets() - before >= suspicious) return;
  // The log and the details were full.
  sources.for_each([](TargetSummary& summary) {
    summary.top_sources.mark_inexact();
    summary.source_ports.mark_inexact();
    summary.destination_ports.mark_inexact();
  });
}

/// Adds a host with many suspicious packets. With more workers each worker's sketches have fewer
/// keys and stay exact longer; a log is always exact. What is called exact must not depend on the
/// number of workers, so it is decided here from the distinct keys of all workers.
void NetworkWindow::add_many(std::uint32_t i, Direction direction, Logged& logged,
                             SourcesByGroup& sources) const {
  logged.read([](const LogEntry&, std::uint64_t) {});
  Distinct distinct;
  std::uint64_t in_detail = 0;
  for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
    const LoggedPackets& packets = packets_of(record, direction);
    if (packets.detail == 0) return;
    const TargetDetail& detail = worker.details[packets.detail - 1];
    sources.of(main_vector_of(hosts_[i], direction)).add(detail);
    distinct.add(detail);
    in_detail += detail.packets;
  });
  const auto note = [&](const LogEntry& packet, std::uint64_t source_hash) {
    distinct.add(packet, source_hash);
  };
  if (is_whole_log(recorded(hosts_[i], direction) - in_detail)) {
    logged.read_all(workers_, note);
  } else {
    for_each_part(i, [&](const WorkerWindow& worker, const HostRecord& record) {
      logged.follow(worker, packets_of(record, direction));
      logged.read(note);
    });
  }
  const bool many_sources = distinct.sources.estimate() > kExactSources;
  const bool many_ports = distinct.source_ports.size() > kExactPorts;
  const bool many_destinations = distinct.destination_ports.size() > kExactPorts;
  sources.for_each([&](TargetSummary& summary) {
    if (many_sources) summary.top_sources.mark_inexact();
    if (many_ports) summary.source_ports.mark_inexact();
    if (many_destinations) summary.destination_ports.mark_inexact();
  });
}

}  // namespace floodgauge
