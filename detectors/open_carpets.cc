#include "detectors/open_carpets.h"

#include "detectors/carpet.h"

namespace floodgauge {
namespace {

/// A host that takes at least this share of a carpet's packets/s has a flood of its own.
constexpr double kOwnShare = 0.25;

}  // namespace

const OngoingIncident* OpenCarpets::carpet_over(const IpAddress& host, std::uint32_t prefix) const {
  const OngoingIncident* carpet = book_.flood_on(carpet_network_of(registry_, host, prefix));
  if (carpet != nullptr) return carpet;
  const IpPrefix* const wide = wide_target(wide_network_of(host));
  return wide == nullptr ? nullptr : book_.flood_on(*wide);
}

bool OpenCarpets::explains_window(const IpAddress& host, std::uint32_t prefix,
                                  double packets_per_second) const {
  const OngoingIncident* const carpet = carpet_over(host, prefix);
  return carpet != nullptr && packets_per_second < kOwnShare * carpet->incident().current_pps;
}

bool OpenCarpets::explains_period(const IpAddress& host, std::uint32_t prefix,
                                  double packets_per_second) const {
  const OngoingIncident* const carpet = carpet_over(host, prefix);
  return carpet != nullptr && packets_per_second < kOwnShare * carpet->incident().peak_pps;
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
