#include "detectors/open_carpets.h"

#include "detectors/carpet.h"
#include "detectors/target.h"

namespace floodgauge {
namespace {

/// A host that takes at least this share of a carpet's packets/s has a flood of its own.
constexpr double kOwnShare = 0.25;

}  // namespace

std::array<const OngoingIncident*, 2> OpenCarpets::carpets_over(const IpAddress& host,
                                                                std::uint32_t prefix) const {
  std::array<const OngoingIncident*, 2> carpets{};
  const IpPrefix network = carpet_network_of(registry_, host, prefix);
  if (!is_host(network)) carpets[0] = book_.flood_on(network);
  if (wide_targets_.empty()) return carpets;
  if (const IpPrefix* const wide = wide_target(wide_network_of(host))) {
    carpets[1] = book_.flood_on(*wide);
  }
  return carpets;
}

VectorSet OpenCarpets::excused_in_window(const HostRecord& host, double seconds) const {
  VectorSet excused;
  for (const OngoingIncident* const carpet : carpets_over(host.address, host.prefix)) {
    if (carpet == nullptr) continue;
    const VectorSet own = carpet->vectors();
    const double pps = static_cast<double>(host.packets_of(own)) / seconds;
    const bool is_small = pps < kOwnShare * carpet->incident().current_pps;
    if (is_small || shrunk_.contains(carpet->incident().target)) excused |= own;
  }
  return excused;
}

VectorSet OpenCarpets::excused_in_period(const IpAddress& host, std::uint32_t prefix,
                                         const TargetCounts& counts, double seconds) const {
  VectorSet excused;
  for (const OngoingIncident* const carpet : carpets_over(host, prefix)) {
    if (carpet == nullptr) continue;
    const VectorSet own = carpet->vectors();
    const double pps = static_cast<double>(counts.vectors.in_of(own).packets) / seconds;
    if (carpet->moves || pps < kOwnShare * carpet->incident().peak_pps) excused |= own;
  }
  return excused;
}

VectorSet OpenCarpets::excused_by_wide(const IpPrefix& network) const {
  const IpPrefix* const wide = wide_target(wide_network_of(network.address));
  const OngoingIncident* const carpet = wide == nullptr ? nullptr : book_.flood_on(*wide);
  return carpet == nullptr ? VectorSet{} : carpet->vectors();
}

void OpenCarpets::add_rest(const NetworkWindow& window, const IpPrefix& network, Volume all,
                           Volume others) {
  const IpPrefix* const wide = wide_target(wide_network_of(network.address));
  OngoingIncident* const carpet = wide == nullptr ? nullptr : book_.flood_on(*wide);
  if (carpet == nullptr || carpet->last_added != window.end) return;
  carpet->add_earlier({all.packets - others.packets, all.bytes - others.bytes}, window.seconds());
}

const IpPrefix* OpenCarpets::wide_target(const IpPrefix& wide_network) const {
  const auto known = wide_targets_.find(wide_network);
  const bool open = known != wide_targets_.end() && book_.flood_on(known->second) != nullptr;
  return open ? &known->second : nullptr;
}

void OpenCarpets::note_wide_target(const IpPrefix& wide_network, const IpPrefix& target) {
  wide_targets_[wide_network] = target;
}

void OpenCarpets::forget_closed() {
  std::erase_if(wide_targets_,
                [this](const auto& item) { return book_.flood_on(item.second) == nullptr; });
}

}  // namespace floodgauge
