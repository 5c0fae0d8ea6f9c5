#include "detectors/left_alone.h"

#include <algorithm>
#include <string>

namespace floodgauge {
namespace {

std::string connections_of(const HostRecord& host) {
  return host.flows_active == 1 ? "one connection"
                                : std::to_string(host.flows_active) + " connections";
}

/// What is true of the packets of a window: who has answered how many of them.
std::string reason_of(const HostRecord& host, const TargetCounts& counts, const WhyLeft& why) {
  if (why.no_room) return "flooded, but no more incidents can be open";
  if (why.carpet != nullptr) return "part of the flood on " + why.carpet->text();
  if (!why.verdict.empty()) return why.verdict;
  const std::uint64_t all = counts.in_total.packets;
  const std::uint64_t tcp = counts.of(Vector::tcp_established).packets;
  const std::uint64_t answered =
      tcp + counts.of(Vector::udp_answered).packets + counts.of(Vector::other_answered).packets;
  if (tcp * 2 > all) return connections_of(host) + ", both sides speak TCP";
  if (answered * 2 > all) return connections_of(host) + ", answered";
  const std::uint64_t one_way =
      counts.of(Vector::tcp_oneway).packets + counts.of(Vector::tcp_stream).packets;
  if ((answered + one_way) * 2 > all) return connections_of(host) + ", of which one side is seen";
  return "not answered, but each kind of packets is below its limit";
}

}  // namespace

void LeftAloneHosts::note(const HostRecord& host, double seconds, const WhyLeft& why) {
  const auto at = hosts_.find(host.address);
  if (at == hosts_.end() && hosts_.size() >= kMostHosts) return;
  TargetCounts counts;
  counts.add(host);
  LeftAlone& row = hosts_[host.address];
  const double pps = static_cast<double>(counts.in_total.packets) / seconds;
  const double bps = static_cast<double>(counts.in_total.bytes) * 8 / seconds;
  if (pps < row.peak_pps) return;
  row = {host.address, pps, std::max(row.peak_bps, bps), reason_of(host, counts, why)};
}

std::vector<LeftAlone> LeftAloneHosts::rows(const IncidentBook& book) const {
  std::vector<LeftAlone> rows;
  for (const auto& [address, row] : hosts_) {
    if (book.flood_on(IpPrefix::host(address)) == nullptr) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const LeftAlone& a, const LeftAlone& b) { return a.peak_pps > b.peak_pps; });
  if (rows.size() > kMostShown) rows.resize(kMostShown);
  return rows;
}

}  // namespace floodgauge
