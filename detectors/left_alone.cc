#include "detectors/left_alone.h"

#include <algorithm>
#include <string>

namespace floodgauge {
namespace {

std::string reason_of(const HostRecord& host, const TargetCounts& counts) {
  const std::string flows = host.flows_active == 1
                                ? "one connection"
                                : std::to_string(host.flows_active) + " connections";
  const Volume tcp = counts.of(Vector::tcp_established);
  if (tcp.packets * 2 > counts.in_total.packets) return flows + ", both sides speak TCP";
  return flows + ", answered";
}

}  // namespace

void LeftAloneHosts::note(const HostRecord& host, const TargetCounts& counts, double seconds) {
  const auto at = hosts_.find(host.address);
  if (at == hosts_.end() && hosts_.size() >= kMostHosts) return;
  LeftAlone& row = hosts_[host.address];
  const double pps = static_cast<double>(counts.in_total.packets) / seconds;
  const double bps = static_cast<double>(counts.in_total.bytes) * 8 / seconds;
  if (pps < row.peak_pps) return;
  row = {host.address, pps, std::max(row.peak_bps, bps), reason_of(host, counts)};
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
