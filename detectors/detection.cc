#include "detectors/detection.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace floodgauge {
namespace {

/// Rates of a host's last second are not computed over a shorter time.
constexpr Nanoseconds kShortestPeriod = milliseconds(100);

}  // namespace

Detection::Detection(const Settings& settings, const PrefixRegistry& registry,
                     IncidentListener listener, std::shared_ptr<const SignatureSet> signatures)
    : settings_(settings),
      registry_(registry),
      profiles_(settings_, registry_),
      book_(std::move(listener), std::move(signatures)),
      baseline_(registry_),
      open_carpets_(book_, registry_),
      carpets_(registry_, book_, baseline_, open_carpets_),
      knowledge_(settings_),
      judge_(settings_, profiles_),
      rules_(book_, settings_),
      floods_(book_, registry_, settings_, profiles_, rules_),
      outbound_(settings_, profiles_, book_, floods_, explainer_),
      moving_(book_, registry_, open_carpets_, floods_),
      baseline_incidents_(registry_, baseline_, knowledge_.trackers(), book_, floods_),
      effect_incidents_(registry_, book_, baseline_.services()) {
  book_.scale_rates(settings.sampling);
}

void Detection::reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures) {
  settings_ = settings;
  profiles_.refresh();
  book_.reload(std::move(signatures));
}

void Detection::on_window(const NetworkWindow& window) {
  judge_.begin_window(window.start);
  if (window.gap_since) rules_.note_gap();
  rules_.begin_window(window);
  judge_periods(window.start, false);  // seconds that ended in a gap before this window
  if (window.gap_since) {
    book_.close_at_gap(*window.gap_since, window.start);
  } else {
    book_.close_ended_floods(window.start);
  }
  open_carpets_.forget_closed();

  // Carpets come first: what belongs to one is no incident of a host. Ordinary networks come before
  // wide ones, which are made of those that have no incident.
  scans_.on_window(window);
  open_carpets_.begin_window();
  carpets_.collect(window);
  for (NetworkCandidate& network : carpets_.networks(window)) judge_network(window, network);
  for (NetworkCandidate& wide : carpets_.wide_networks(window)) judge_network(window, wide);

  HostCandidates hosts(window, profiles_);
  for (auto batch = hosts.next(); !batch.empty(); batch = hosts.next()) {
    knowledge_.find_trackers(batch);
    for (HostCandidate& host : batch) {
      const Thresholds& limits = profiles_.of(host.host->prefix).thresholds;
      host.scan = scans_.shares().share_of(host.number, Direction::in);
      host.most_with_scan = limits.packets.value_or(0) * window.seconds();
      judge_host(window, host);
    }
  }
  moving_.end_window(window);

  judge_periods(window.end, window.last);
  outbound_.on_window(window, scans_.shares());
  if (explainer_.any_asked()) explain_asked(window);
  last_end_ = window.end;
  baseline_incidents_.on_window(window, settings_);
  effect_incidents_.on_window(window, settings_);

  rules_.end_window(window);
  book_.end_window(window.end);
  open_carpets_.forget_closed();
  knowledge_.forget_idle(window.end);
}

/// A scan of a network is no carpet, up to the prefix's limit of all packets.
void Detection::set_scans_aside(NetworkCandidate& candidate, double seconds) const {
  ScanShare sum;
  for (const std::uint32_t member : candidate.hit.members) {
    const ScanShare* const share = scans_.shares().share_of(member, Direction::in);
    if (share != nullptr) sum.add(*share);
  }
  const Thresholds& limits = profiles_.of(candidate.target.prefix).prefix_thresholds;
  sum.set_aside(candidate.hit.counts, limits.packets.value_or(0) * seconds);
}

void Detection::judge_network(const NetworkWindow& window, NetworkCandidate& candidate) {
  // A protected prefix that is one host is judged as that host, with all of its packets.
  if (is_host(candidate.target.address)) return;
  set_scans_aside(candidate, window.seconds());
  const bool wide = candidate.hit.wide;
  const bool flood_open = book_.flood_on(candidate.target.address) != nullptr;
  const VectorSet excused =
      wide || flood_open ? VectorSet{} : open_carpets_.excused_by_wide(candidate.network);
  if (excused.any()) {
    const Volume all = candidate.hit.counts.attack();
    candidate.hit.counts = candidate.hit.counts.without(excused);
    open_carpets_.add_rest(window, candidate.network, all, candidate.hit.counts.attack());
  }
  std::optional<KnownTarget> known = knowledge_.of_network(window, candidate);
  if (!known) return;
  const IpPrefix target = known->target.address;
  // Most networks within a wide carpet are quiet. Their senders are not added up: that takes long,
  // and knowing the senders can only take findings away.
  const bool quiet = excused.any() && judge_.of_window(window, *known, flood_open).findings.empty();
  if (!quiet) knowledge_.add_sources(window, candidate.hit.members, *known);
  const Verdict verdict = judge_traced(window, *known, flood_open);
  const bool is_carpet = candidate.hit.is_carpet(candidate.target.hosts);
  const bool joined = !flood_open && !verdict.findings.empty() && moving_.join(window, *known);
  // A flood that moves from host to host is added host by host, while it makes no carpet.
  const bool moves = flood_open && book_.flood_on(target)->moves;
  if (!joined && !is_over(window, target, is_carpet) &&
      (!moves || (is_carpet && !verdict.findings.empty()))) {
    floods_.take_window(window, *known, verdict.findings);
  }
  Knowledge::keep_sources(*known, floods_.is_followed(target));
  const OngoingIncident* const flood = book_.flood_on(target);
  if (flood == nullptr) return;
  if (wide) {
    open_carpets_.note_wide_target(candidate.network, target);
    if (is_carpet && !verdict.findings.empty()) {
      moving_.widen(candidate.network,
                    Carpets::cover(window, candidate.network, candidate.hit.hit()));
    }
  }
  if (flood->last_added == window.end && !flood->slow &&
      !candidate.hit.is_carpet_beside_large_hosts()) {
    open_carpets_.note_shrunk(flood->incident().target);
  }
}

void Detection::judge_host(const NetworkWindow& window, const HostCandidate& candidate) {
  const HostRecord& host = *candidate.host;
  const IpPrefix target = IpPrefix::host(host.address);
  const OngoingIncident* const flood = book_.flood_on(target);
  VectorSet excused = open_carpets_.excused_in_window(host, window.seconds());
  if (flood != nullptr) excused &= ~flood->vectors();
  std::optional<KnownTarget> known = knowledge_.of_host(window, candidate, excused);
  if (!known) return;
  const bool all_excused = excused.any() && known->counts.attack().packets == 0;
  if (host.events().suspicious != 0 && !all_excused) {
    knowledge_.add_sources(window, std::span(&candidate.number, 1), *known, flood != nullptr);
  }
  WhyLeft why = judge_window(window, *known);
  if (all_excused) explainer_.note(target, "its packets belong to the flood on its network");
  if (candidate.above_total_limit && book_.flood_on(target) == nullptr) {
    if (why.carpet == nullptr && all_excused) why.carpet = carpet_over(host);
    left_alone_.note(host, window.seconds(), why);
  }
}

/// The target of an open carpet over the host; null when there is none.
const IpPrefix* Detection::carpet_over(const HostRecord& host) const {
  for (const OngoingIncident* const carpet :
       open_carpets_.carpets_over(host.address, host.prefix)) {
    if (carpet != nullptr) return &carpet->incident().target;
  }
  return nullptr;
}

/// Stages 3 and 4 for one window of a host. Returns why it has no incident.
WhyLeft Detection::judge_window(const NetworkWindow& window, KnownTarget& known) {
  const IpPrefix target = known.target.address;
  const bool flood_open = book_.flood_on(target) != nullptr;
  const Verdict verdict = judge_traced(window, known, flood_open);
  if (!flood_open && moving_.take(window, known, verdict.findings)) return {};
  floods_.take_window(window, known, verdict.findings);
  Knowledge::keep_sources(known, floods_.is_followed(target));
  return {
      .no_room = !verdict.findings.empty() && book_.flood_on(target) == nullptr && book_.is_full(),
      .verdict = verdict.left_alone};
}

void Detection::judge_periods(Nanoseconds now, bool last) {
  for (const EndedSecond& second : knowledge_.ended_seconds(now, last)) {
    if (is_host(second.address)) judge_period(second);
    const bool flooded = is_flooded(second.address);
    if (is_host(second.address)) knowledge_.share_summaries(second, now, flooded);
    knowledge_.close_second(second, now, flooded);
  }
}

/// Stages 3 and 4 for a host's last seconds.
void Detection::judge_period(const EndedSecond& second) {
  const TargetTracker& tracker = *second.tracker;
  if (tracker.second().in_total.packets == 0) return;
  const OngoingIncident* const flood = book_.flood_on(second.address);
  // A second that the end of the capture cut short counts as at least a shortest window.
  const double seconds = std::max(second.end - tracker.second_start(), kShortestPeriod).seconds();
  VectorSet excused = open_carpets_.excused_in_period(second.address.address, tracker.prefix(),
                                                      tracker.second(), seconds);
  if (flood != nullptr) excused &= ~flood->vectors();
  const SourcesByGroup* const sources = flood == nullptr ? nullptr : &flood->sources();
  floods_.take_period(second,
                      judge_.of_period(second, flood != nullptr, excused, sources, &explainer_));
}

/// Whether the carpet of an open incident is over, so that what hits single hosts now is another
/// flood.
bool Detection::is_over(const NetworkWindow& window, const IpPrefix& target, bool is_carpet) const {
  const OngoingIncident* const flood = book_.flood_on(target);
  return flood != nullptr && !flood->slow && !flood->moves && !is_carpet &&
         window.start - flood->last_above > MovingFloods::kShrinks;
}

/// Whether an incident is open on a target, or on the part of it that a wide carpet hits: what
/// comes then is not usual.
bool Detection::is_flooded(const IpPrefix& target) const {
  return book_.flood_on(target) != nullptr || open_carpets_.wide_target(target) != nullptr;
}

}  // namespace floodgauge
