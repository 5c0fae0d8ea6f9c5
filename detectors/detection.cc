#include "detectors/detection.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace floodgauge {
namespace {

/// Suspicious packets in a window from which a host is remembered.
constexpr std::uint32_t kWorthTracking = 3;
/// When memory is short, only hosts with more of them.
constexpr std::uint32_t kSurelyWorthTracking = 64;
/// An incident stays open while its rate is above this share of the limit.
constexpr double kCloseScale = 0.5;
/// A host that takes this share of a carpet has a flood of its own.
constexpr double kOwnShare = 0.25;

std::string reason_of(const HostRecord& host, const TargetCounts& counts) {
  const std::string flows = host.flows_active == 1
                                ? "one connection"
                                : std::to_string(host.flows_active) + " connections";
  const Volume tcp = counts.of(Vector::tcp_established);
  if (tcp.packets * 2 > counts.in_total.packets) return flows + ", both sides speak TCP";
  return flows + ", answered";
}

}  // namespace

Detection::Detection(const Settings& settings, const PrefixRegistry& registry,
                     IncidentListener listener, std::shared_ptr<const SignatureSet> signatures)
    : settings_(settings),
      registry_(registry),
      carpets_(registry),
      book_(std::move(listener), std::move(signatures)),
      baseline_(registry),
      effects_(registry) {
  know_profiles();
}

void Detection::reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures) {
  settings_ = settings;
  know_profiles();
  book_.reload(std::move(signatures));
}

/// Once, in place of a name looked up for each host of each window.
void Detection::know_profiles() {
  profiles_.clear();
  const auto prefixes = static_cast<std::uint32_t>(registry_.prefixes().size());
  for (std::uint32_t prefix = 0; prefix < prefixes; ++prefix) {
    profiles_.push_back(&named_profile_of(prefix));
  }
}

const Profile& Detection::named_profile_of(std::uint32_t prefix) const {
  const auto at = settings_.profiles.find(registry_.prefixes()[prefix].profile);
  return at != settings_.profiles.end() ? at->second : settings_.profiles.at("default");
}

void Detection::on_window(const NetworkWindow& window) {
  if (!first_start_) first_start_ = window.start;
  judge_periods(window.start, false);  // after a gap: what was over before this window
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood && !ongoing->slow) ongoing->above = false;
  }
  look_at_networks(window);  // first: what is part of a carpet is no incident of its own
  look_at_hosts(window);
  judge_periods(window.end, window.last);
  judge_unusual(window);
  judge_effects(window);
  book_.tick(window.end);
  forget_idle(window.end);
  last_end_ = window.end;
}

bool Detection::part_of_carpet(const IpAddress& address, std::uint32_t prefix,
                               double packets_per_second, bool over_time) {
  OngoingIncident* carpet = find_flood(carpets_.network_of(address, prefix));
  if (carpet == nullptr) {
    const IpPrefix* const wide = lasting_wide(Carpets::wide_network_of(address));
    if (wide == nullptr) return false;
    carpet = find_flood(*wide);
  }
  // What is remembered of the last seconds may hold a carpet that has just ended.
  const Incident& incident = carpet->incident();
  return packets_per_second < kOwnShare * (over_time ? incident.peak_pps : incident.current_pps);
}

bool Detection::is_followed(const IpPrefix& target) {
  const OngoingIncident* ongoing = find_flood(target);
  return ongoing != nullptr && !ongoing->slow;
}

void Detection::look_at_networks(const NetworkWindow& window) {
  const auto has_flood = [this](const IpPrefix& target) { return find_flood(target) != nullptr; };
  const auto wanted = [&](const IpPrefix& address, std::uint32_t prefix) {
    return has_flood(address) || baseline_.suspects(prefix);
  };
  const auto lasts = [this](const IpPrefix& address, std::uint32_t) {
    return lasting_wide(address) != nullptr;
  };
  carpets_.collect(window, has_flood);
  for (const auto& [address, network] : carpets_.networks(window, wanted)) {
    look_at_network(window, address, network);
  }
  for (const auto& [address, network] : carpets_.wide(window, has_flood, lasts)) {
    look_at_network(window, address, network);
  }
}

/// What the carpet over a wide network is called, while it is one; nullptr else.
const IpPrefix* Detection::lasting_wide(const IpPrefix& address) {
  const auto known = wide_targets_.find(address);
  const bool lasts = known != wide_targets_.end() && find_flood(known->second) != nullptr;
  return lasts ? &known->second : nullptr;
}

void Detection::look_at_network(const NetworkWindow& window, const IpPrefix& address,
                                const HitNetwork& network) {
  const std::vector<std::uint32_t> hit = network.hit();
  IpPrefix target = address;
  if (network.wide) {
    const IpPrefix* const known = lasting_wide(address);
    target = known != nullptr ? *known : Carpets::cover(window, address, hit);
  }
  const bool suspect = !network.wide && baseline_.suspects(network.prefix);
  if (find_flood(target) == nullptr && !network.is_carpet(hit.size()) && !suspect) return;
  TargetTracker* tracker =
      tracker_of(address, network.prefix, window.start, network.suspicious, true);
  if (tracker == nullptr) return;
  const Target seen{target, network.prefix, true, static_cast<std::uint32_t>(hit.size())};
  std::optional<TargetSummary> summary;
  const bool within_wide =
      !network.wide && lasting_wide(Carpets::wide_network_of(address.address)) != nullptr;
  if (tracker->keeps_summaries() && !(within_wide && is_quiet(window, seen, network.counts))) {
    summary.emplace(settings_.engine.sources);
    window.add_detail(network.members, *summary);
  }
  const TargetSummary* known = summary ? &*summary : nullptr;
  tracker->add(network.counts, window.start, window.seconds());
  judge_window(window, seen, network.counts, known, *tracker);
  tracker->keep(std::move(summary), is_followed(target));
  if (network.wide && find_flood(target) != nullptr) wide_targets_[address] = target;
}

/// Some at once: of very many hosts each tracker would be a wait for the memory.
void Detection::look_at_hosts(const NetworkWindow& window) {
  std::array<Hit, 32> hits;
  std::size_t count = 0;
  for (auto at = window.hosts().begin(); at != window.hosts().end(); ++at) {
    const HostRecord& host = *at;
    const Volume in = host.inbound();
    if (in.packets == 0) continue;
    const bool fast = is_fast(window, host, in);
    if (host.events().suspicious == 0 && !fast) continue;
    hits[count++] = {.host = &host,
                     .number = static_cast<std::uint32_t>(at.number()),
                     .fast = fast,
                     .hash = trackers_.ask_for(IpPrefix::host(host.address))};
    if (count < hits.size()) continue;
    look_at_hosts(window, hits);
    count = 0;
  }
  look_at_hosts(window, std::span(hits).first(count));
}

void Detection::look_at_hosts(const NetworkWindow& window, std::span<Hit> hits) {
  for (Hit& hit : hits) {
    hit.tracker = trackers_.find(IpPrefix::host(hit.host->address), hit.hash);
    if (hit.tracker != nullptr) hit.tracker->prefetch();
  }
  for (const Hit& hit : hits) {
    const bool worth_it = hit.fast || hit.host->events().suspicious >= kWorthTracking;
    if (hit.tracker != nullptr || worth_it) look_at_host(window, hit);
  }
}

bool Detection::is_fast(const NetworkWindow& window, const HostRecord& host, Volume in) const {
  const Thresholds& limits = profile_of(host.prefix).thresholds;
  const double seconds = window.seconds();
  return (limits.packets && static_cast<double>(in.packets) > *limits.packets * seconds) ||
         (limits.bits && static_cast<double>(in.bytes) * 8 > *limits.bits * seconds) ||
         (limits.connections &&
          host.events().handshakes > *limits.connections * seconds * kCloseScale);
}

void Detection::look_at_host(const NetworkWindow& window, const Hit& hit) {
  const HostRecord& host = *hit.host;
  const double seconds = window.seconds();
  const IpPrefix address = IpPrefix::host(host.address);
  TargetTracker* tracker = hit.tracker;
  if (tracker == nullptr) {
    tracker = new_tracker(address, host.prefix, window.start, host.events().suspicious, hit.fast);
  }
  if (tracker == nullptr) return;
  TargetCounts counts;
  counts.add(host);
  counts.add_sent(window.unanswered_from(host.address));
  const double attack_rate = static_cast<double>(counts.attack().packets) / seconds;
  const bool part = find_flood(address) == nullptr &&
                    part_of_carpet(host.address, host.prefix, attack_rate, false);
  std::optional<TargetSummary> summary;
  if (!part && tracker->keeps_summaries() && host.events().suspicious != 0) {
    window.add_detail(std::span(&hit.number, 1), summary.emplace(settings_.engine.sources));
  }
  tracker->add(counts, window.start, seconds);
  if (!part) {
    judge_window(window, {address, host.prefix, false, 1}, counts, summary ? &*summary : nullptr,
                 *tracker);
  }
  tracker->keep(std::move(summary), is_followed(address));
  if (hit.fast && find_flood(address) == nullptr) {
    note_left_alone(window, host, counts, reason_of(host, counts));
  }
}

TargetView Detection::view_of(const NetworkWindow& window, const Target& target,
                              const TargetCounts& counts, const TargetSummary* summary) {
  const Profile& profile = profile_of(target.prefix);
  return {.counts = counts,
          .seconds = window.seconds(),
          .summary = summary,
          .limits = target.group ? &profile.prefix_thresholds : &profile.thresholds,
          .scale = find_flood(target.address) == nullptr ? 1 : kCloseScale,
          .whole_prefix = target.group,
          .early = early(window.start)};
}

/// Whether no detector finds anything, whoever sends: knowing that only takes findings away.
bool Detection::is_quiet(const NetworkWindow& window, const Target& target,
                         const TargetCounts& counts) {
  return judge(view_of(window, target, counts, nullptr)).findings.empty();
}

Verdict Detection::judge(const TargetView& view) {
  Verdict verdict;
  for (const Detector& detector : detector_table()) {
    if (detector.on_window != nullptr) detector.on_window(view, verdict);
  }
  return verdict;
}

void Detection::judge_window(const NetworkWindow& window, const Target& target,
                             const TargetCounts& counts, const TargetSummary* summary,
                             TargetTracker& tracker) {
  OngoingIncident* ongoing = find_flood(target.address);
  const Verdict verdict = judge(view_of(window, target, counts, summary));
  const bool above = !verdict.findings.empty();
  if (ongoing == nullptr) {
    if (above) open_from_window(window, target, counts, summary, tracker, verdict.findings);
    return;
  }
  ongoing->note(verdict.findings, true);
  const bool was_above = window.start - ongoing->last_above <= Nanoseconds{0};
  if (above) {
    ongoing->above = true;
    ongoing->last_above = window.end;
    ongoing->incident().hosts = std::max(ongoing->incident().hosts, target.hosts);
  }
  follow(window, *ongoing, counts, summary, above, was_above);
}

void Detection::follow(const NetworkWindow& window, OngoingIncident& ongoing,
                       const TargetCounts& counts, const TargetSummary* summary, bool above,
                       bool was_above) {
  // The window in which a flood stops is below the limit and still holds some of it.
  if (!above && !was_above && !ongoing.slow) {
    ongoing.add_nothing();
    ongoing.note_rate(0);
    return;
  }
  ongoing.add(counts, window.seconds());
  if (summary != nullptr) ongoing.summary().merge(*summary);
  const Incident& incident = ongoing.incident();
  const bool whole = !window.last || window.seconds() * 2 >= settings_.engine.window.seconds();
  if (whole || incident.peak_pps == 0)
    ongoing.note_peak(incident.current_pps, incident.current_bps);
  ongoing.note_rate(incident.current_pps);
}

Incident Detection::first_of(const Target& target, Nanoseconds start, Nanoseconds detected,
                             const Findings& findings) const {
  Incident incident;
  incident.kind = IncidentKind::flood;
  incident.target = target.address;
  incident.prefix = registry_.prefixes()[target.prefix].prefix;
  incident.name = registry_.prefixes()[target.prefix].name;
  incident.start = start;
  incident.detected = detected;
  incident.hosts = target.hosts;
  for (const Finding& finding : findings) {
    incident.evidence.push_back({finding.measure, finding.value, finding.limit, finding.seconds});
  }
  return incident;
}

void Detection::open_from_window(const NetworkWindow& window, const Target& target,
                                 const TargetCounts& counts, const TargetSummary* summary,
                                 const TargetTracker& tracker, const Findings& findings) {
  const std::vector<WindowPoint> rise = tracker.rise();
  const Nanoseconds start = rise.empty() ? window.start : rise.back().start;
  OngoingIncident* ongoing = book_.open(first_of(target, start, window.end, findings),
                                        tracker.usual(), settings_.engine.sources);
  if (ongoing == nullptr) return;
  ongoing->hold = profile_of(target.prefix).hold;
  ongoing->prefix_number = target.prefix;
  ongoing->note(findings, true);
  for (std::size_t back = rise.size(); back-- > 1;) {
    ongoing->add_earlier(rise[back].attack, rise[back].seconds);
  }
  if (rise.size() > 1 && tracker.previous_summary() != nullptr) {
    ongoing->summary().merge(*tracker.previous_summary());
  }
  follow(window, *ongoing, counts, summary, true, true);
  book_.announce(*ongoing, window.end);
}

void Detection::open_from_period(const Target& target, const TargetCounts& counts,
                                 Nanoseconds since, Nanoseconds now, const TargetTracker& tracker,
                                 const Findings& findings) {
  // What shows only over time may have been there for all the time that is remembered: nothing of
  // it is usual.
  OngoingIncident* ongoing =
      book_.open(first_of(target, since, now, findings), UsualRates{}, settings_.engine.sources);
  if (ongoing == nullptr) return;
  ongoing->hold = profile_of(target.prefix).hold;
  ongoing->prefix_number = target.prefix;
  ongoing->slow = true;
  ongoing->note(findings, false);
  const double seconds = std::max((now - since).seconds(), kShortestWindow.seconds());
  ongoing->add(counts, seconds);
  for (const WindowPoint& point : tracker.rise()) {
    const double length = std::max(point.seconds, kShortestWindow.seconds());
    ongoing->note_peak(static_cast<double>(point.attack.packets) / length,
                       static_cast<double>(point.attack.bytes) * 8 / length);
  }
  ongoing->note_rate(ongoing->incident().current_pps);
  if (tracker.recent_summary() != nullptr) ongoing->summary().merge(*tracker.recent_summary());
  book_.announce(*ongoing, now);
}

void Detection::judge_period(const IpPrefix& address, TargetTracker& tracker, Nanoseconds now) {
  const Profile& profile = profile_of(tracker.prefix());
  OngoingIncident* ongoing = find_flood(address);
  const double block_seconds = std::max((now - tracker.block_start()).seconds(), 0.1);
  if (ongoing == nullptr &&
      part_of_carpet(address.address, tracker.prefix(),
                     static_cast<double>(tracker.block().attack().packets) / block_seconds, true)) {
    return;
  }
  const struct {
    const TargetCounts& counts;
    Nanoseconds since;
  } periods[] = {{tracker.block(), tracker.block_start()},
                 {tracker.recent(), tracker.recent_start()}};
  for (const auto& period : periods) {
    const TargetView view{
        .counts = period.counts,
        .seconds = std::max((now - period.since).seconds(), settings_.engine.window.seconds()),
        .summary = tracker.recent_summary(),
        .limits = &profile.thresholds,
        .scale = ongoing == nullptr ? 1 : kCloseScale,
        .whole_prefix = false,
        .early = early(period.since)};
    Verdict verdict;
    for (const Detector& detector : detector_table()) {
      if (detector.on_period != nullptr) detector.on_period(view, verdict);
    }
    if (verdict.findings.empty()) continue;
    if (ongoing == nullptr) {
      open_from_period({address, tracker.prefix(), false, 1}, period.counts, period.since, now,
                       tracker, verdict.findings);
      return;
    }
    if (ongoing->slow) ongoing->last_above = std::max(ongoing->last_above, now);
  }
}

void Detection::judge_periods(Nanoseconds now, bool last) {
  if (now < next_block_end_ && !last) return;
  next_block_end_ = kNever;
  for (auto& [address, tracker] : trackers_) {
    if (!tracker->block_over(now) && !last) {
      next_block_end_ = std::min(next_block_end_, tracker->block_end());
      continue;
    }
    // After a gap the second ended long ago.
    const Nanoseconds end =
        std::min(now, tracker->block_start() + TargetTracker::kBlock + settings_.engine.window);
    const bool host = address.length == (address.v6 ? 128 : 32);
    if (host && tracker->block().in_total.packets != 0) judge_period(address, *tracker, end);
    tracker->close_block(now, find_flood(address) != nullptr);
    next_block_end_ = std::min(next_block_end_, tracker->block_end());
  }
}

TargetTracker* Detection::tracker_of(const IpPrefix& address, std::uint32_t prefix, Nanoseconds now,
                                     std::uint32_t suspicious, bool must) {
  TargetTracker* const known = trackers_.find(address);
  return known != nullptr ? known : new_tracker(address, prefix, now, suspicious, must);
}

TargetTracker* Detection::new_tracker(const IpPrefix& address, std::uint32_t prefix,
                                      Nanoseconds now, std::uint32_t suspicious, bool must) {
  const bool sure = must || suspicious >= kSurelyWorthTracking;
  if (trackers_.size() >= (sure ? kMostTrackers : kMostTrackers / 2)) return nullptr;
  TargetTracker& tracker = trackers_.add(address, now, prefix);
  next_block_end_ = std::min(next_block_end_, tracker.block_end());
  next_idle_after_ = std::min(next_idle_after_, tracker.idle_after());
  if (summaries_ < (sure ? kMostSummaries : kMostSummaries / 2)) {
    tracker.keep_summaries(settings_.engine.sources);
    ++summaries_;
  }
  return &tracker;
}

void Detection::forget_idle(Nanoseconds now) {
  std::erase_if(wide_targets_,
                [this](const auto& item) { return find_flood(item.second) == nullptr; });
  if (now <= next_idle_after_) return;
  next_idle_after_ = kNever;
  trackers_.erase_if([&](const TargetTracker& tracker) {
    if (!tracker.idle(now)) {
      next_idle_after_ = std::min(next_idle_after_, tracker.idle_after());
      return false;
    }
    summaries_ -= tracker.keeps_summaries() ? 1 : 0;
    return true;
  });
}

void Detection::note_left_alone(const NetworkWindow& window, const HostRecord& host,
                                const TargetCounts& counts, const std::string& reason) {
  const auto at = left_alone_.find(host.address);
  if (at == left_alone_.end() && left_alone_.size() >= kMostLeftAlone) return;
  LeftAlone& row = left_alone_[host.address];
  const double pps = static_cast<double>(counts.in_total.packets) / window.seconds();
  if (pps < row.peak_pps) return;
  row = {host.address, pps,
         std::max(row.peak_bps, static_cast<double>(counts.in_total.bytes) * 8 / window.seconds()),
         reason};
}

std::vector<LeftAlone> Detection::left_alone() const {
  std::vector<LeftAlone> rows;
  for (const auto& [address, row] : left_alone_) {
    if (book_.ongoing().contains({IncidentKind::flood, IpPrefix::host(address)})) continue;
    rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const LeftAlone& a, const LeftAlone& b) { return a.peak_pps > b.peak_pps; });
  if (rows.size() > 10) rows.resize(10);
  return rows;
}

}  // namespace floodgauge
