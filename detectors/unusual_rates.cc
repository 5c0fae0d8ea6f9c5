// From an unusual rate to an incident: whose it is, and what of it is known.
#include <algorithm>
#include <set>

#include "detectors/detection.h"

namespace floodgauge {
namespace {

/// A host that brings this share of what is more than usual is what is flooded.
constexpr double kHostShare = 0.5;

/// Packets a second of the vectors of a class.
double rate_of(const TargetTracker& tracker, const BaselineClass& row) {
  return static_cast<double>(tracker.last_block().of(row.traffic_class).packets) /
         std::max(tracker.last_block_seconds(), 1e-3);
}

bool is_host(const IpPrefix& address) {
  return address.length == (address.v6 ? 128 : 32);
}

}  // namespace

void Detection::judge_unusual(const NetworkWindow& window) {
  std::set<IpPrefix> flooded;
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood) flooded.insert(ongoing->incident().prefix);
  }
  const auto has_incident = [&](const IpPrefix& prefix) { return flooded.contains(prefix); };
  for (const Unusual& unusual : baseline_.on_window(window, settings_, has_incident)) {
    take_up(unusual);
  }
}

std::optional<IpPrefix> Detection::target_of(const Unusual& unusual) const {
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
  // Of everything there is, nothing in particular is flooded.
  if (registry_.everything()) return std::nullopt;
  return registry_.prefixes()[unusual.prefix].prefix;
}

void Detection::take_up(const Unusual& unusual) {
  const auto key = std::make_pair(unusual.prefix, unusual.traffic_class);
  if (const auto known = unusual_targets_.find(key); known != unusual_targets_.end()) {
    if (OngoingIncident* ongoing = find_flood(known->second)) {
      ongoing->last_above = std::max(ongoing->last_above, unusual.now);
      return;
    }
    unusual_targets_.erase(known);
  }
  const std::optional<IpPrefix> target = target_of(unusual);
  if (!target || find_flood(*target) != nullptr) return;
  const TargetTracker* const tracker = trackers_.find(*target);
  if (tracker == nullptr) return;
  open_from_baseline(unusual, *target, *tracker);
  if (find_flood(*target) != nullptr) unusual_targets_[key] = *target;
}

UsualRates Detection::usual_of(const IpPrefix& target, const TargetTracker& tracker) const {
  UsualRates usual;
  // A host has no baseline: what its last seconds held is what is unusual now.
  const auto learnt = baseline_.learnt().find(target);
  if (learnt == baseline_.learnt().end()) return usual;
  for (std::size_t c = 0; c < kBaselineClasses; ++c) {
    const auto v = static_cast<std::size_t>(baseline_classes()[c].vector);
    const Volume now = tracker.last_block().of(baseline_classes()[c].vector);
    if (now.packets == 0) continue;
    const double level = learnt->second[c].level();
    usual.packets[v] = static_cast<float>(level);
    usual.bytes[v] = static_cast<float>(level * static_cast<double>(now.bytes) /
                                        static_cast<double>(now.packets));
  }
  return usual;
}

void Detection::open_from_baseline(const Unusual& unusual, const IpPrefix& target,
                                   const TargetTracker& tracker) {
  const Findings findings = {unusual.finding()};
  const Target described{target, unusual.prefix, !is_host(target), 1};
  OngoingIncident* ongoing = book_.open(first_of(described, unusual.since, unusual.now, findings),
                                        usual_of(target, tracker), settings_.engine.sources);
  if (ongoing == nullptr) return;
  ongoing->hold = profile_of(unusual.prefix).hold;
  ongoing->prefix_number = unusual.prefix;
  ongoing->slow = true;
  ongoing->note(findings, false);
  ongoing->add_shares(tracker.last_block(), tracker.last_block_seconds());
  const std::vector<WindowPoint> windows = tracker.since(unusual.since);
  for (std::size_t back = windows.size(); back-- > 0;) {
    ongoing->add_earlier(windows[back].attack, std::max(windows[back].seconds, 1e-3));
    ongoing->note_rate(static_cast<double>(windows[back].attack.packets) /
                       std::max(windows[back].seconds, 1e-3));
  }
  if (tracker.recent_summary() != nullptr) ongoing->summary().merge(*tracker.recent_summary());
  book_.announce(*ongoing, unusual.now);
}

}  // namespace floodgauge
