#include "detectors/baseline_incidents.h"

#include <algorithm>
#include <set>

namespace floodgauge {
namespace {

/// A host with at least this share of the packets/s above the usual level is the target.
constexpr double kHostShare = 0.5;

/// Packets/s of a class of traffic in the target's last second.
double rate_of(const TargetTracker& tracker, const BaselineClass& row) {
  return static_cast<double>(tracker.last_second().of(row.traffic_class).packets) /
         std::max(tracker.last_second_length(), 1e-3);
}

}  // namespace

void BaselineIncidents::on_window(const NetworkWindow& window, const Settings& settings) {
  std::set<IpPrefix> flooded;
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood) flooded.insert(ongoing->incident().prefix);
  }
  const auto has_incident = [&](const IpPrefix& prefix) { return flooded.contains(prefix); };
  for (const Unusual& unusual : baseline_.on_window(window, settings, has_incident)) take(unusual);
}

void BaselineIncidents::take(const Unusual& unusual) {
  const auto key = std::make_pair(unusual.prefix, unusual.traffic_class);
  if (const auto known = opened_.find(key); known != opened_.end()) {
    if (floods_.prolong(known->second, unusual.now)) return;
    opened_.erase(known);
  }
  const std::optional<IpPrefix> target = target_of(unusual);
  if (!target || book_.flood_on(*target) != nullptr) return;
  const TargetTracker* const tracker = trackers_.find(*target);
  if (tracker == nullptr) return;
  const bool opened = floods_.open_unusual(
      {.unusual = unusual,
       .target = {.address = *target, .prefix = unusual.prefix, .group = !is_host(*target)},
       .tracker = tracker,
       .usual = usual_of(*target, *tracker)});
  if (opened) opened_[key] = *target;
}

std::optional<IpPrefix> BaselineIncidents::target_of(const Unusual& unusual) const {
  const BaselineClass& row = baseline_classes()[unusual.traffic_class];
  const IpPrefix* busiest = nullptr;
  double most = kHostShare * (unusual.rate - unusual.level);
  for (const auto& [address, tracker] : trackers_) {
    if (tracker->prefix() != unusual.prefix || !is_host(address)) continue;
    const double rate = rate_of(*tracker, row);
    if (rate < most) continue;
    most = rate;
    busiest = &address;
  }
  if (busiest != nullptr) return *busiest;
  if (registry_.everything()) return std::nullopt;
  return registry_.prefixes()[unusual.prefix].prefix;
}

UsualRates BaselineIncidents::usual_of(const IpPrefix& target, const TargetTracker& tracker) const {
  UsualRates usual;
  const auto learnt = baseline_.learnt().find(target);
  if (learnt == baseline_.learnt().end()) return usual;
  for (std::size_t c = 0; c < kBaselineClasses; ++c) {
    const auto v = static_cast<std::size_t>(baseline_classes()[c].vector);
    const Volume now = tracker.last_second().of(baseline_classes()[c].vector);
    if (now.packets == 0) continue;
    const double level = learnt->second[c].level();
    usual.packets[v] = static_cast<float>(level);
    usual.bytes[v] = static_cast<float>(level * static_cast<double>(now.bytes) /
                                        static_cast<double>(now.packets));
  }
  return usual;
}

}  // namespace floodgauge
