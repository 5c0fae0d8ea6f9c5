#include "detectors/detection.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace floodgauge {

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
      floods_(book_, registry_, settings_, profiles_),
      baseline_incidents_(registry_, baseline_, knowledge_.trackers(), book_, floods_),
      effect_incidents_(registry_, book_) {}

void Detection::reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures) {
  settings_ = settings;
  profiles_.refresh();
  book_.reload(std::move(signatures));
}

void Detection::on_window(const NetworkWindow& window) {
  judge_.begin_window(window.start);
  judge_periods(window.start, false);  // seconds that ended in a gap before this window
  if (window.gap_since) {
    book_.close_at_gap(*window.gap_since, window.start);
  } else {
    book_.close_expired(window.start);
  }
  open_carpets_.forget_closed();

  // Carpets come first: a host that is part of one has no incident of its own. Ordinary networks
  // come before wide ones, which are made of those that have no incident.
  carpets_.collect(window);
  for (const NetworkCandidate& network : carpets_.networks(window)) judge_network(window, network);
  for (const NetworkCandidate& wide : carpets_.wide_networks(window)) judge_network(window, wide);

  HostCandidates hosts(window, profiles_);
  for (auto batch = hosts.next(); !batch.empty(); batch = hosts.next()) {
    knowledge_.find_trackers(batch);
    for (const HostCandidate& host : batch) judge_host(window, host);
  }

  judge_periods(window.end, window.last);
  baseline_incidents_.on_window(window, settings_);
  effect_incidents_.on_window(window, settings_);

  book_.end_window(window.end);
  open_carpets_.forget_closed();
  knowledge_.forget_idle(window.end);
}

void Detection::judge_network(const NetworkWindow& window, const NetworkCandidate& candidate) {
  std::optional<KnownTarget> known = knowledge_.of_network(window, candidate);
  if (!known) return;
  const IpPrefix& target = known->target.address;
  // Most networks within a wide carpet are quiet. Their senders are not added up: that takes long,
  // and knowing the senders can only take findings away.
  const bool quiet =
      candidate.within_wide &&
      judge_.of_window(window, *known, book_.flood_on(target) != nullptr).findings.empty();
  if (!quiet) knowledge_.add_sources(window, candidate.hit.members, *known);
  judge_window(window, *known);
  const bool wide = candidate.hit.wide;
  if (wide && book_.flood_on(target) != nullptr) {
    open_carpets_.note_wide_target(candidate.network, target);
  }
}

void Detection::judge_host(const NetworkWindow& window, const HostCandidate& candidate) {
  std::optional<KnownTarget> known = knowledge_.of_host(window, candidate);
  if (!known) return;
  const HostRecord& host = *candidate.host;
  const IpPrefix& target = known->target.address;
  const double attack_pps = static_cast<double>(known->counts.attack().packets) / window.seconds();
  if (book_.flood_on(target) == nullptr &&
      open_carpets_.explains_window(host.address, host.prefix, attack_pps)) {
    Knowledge::keep_sources(*known, false);
  } else {
    if (host.events().suspicious != 0) {
      knowledge_.add_sources(window, std::span(&candidate.number, 1), *known);
    }
    judge_window(window, *known);
  }
  if (candidate.above_total_limit && book_.flood_on(target) == nullptr) {
    left_alone_.note(host, known->counts, window.seconds());
  }
}

/// Stages 3 and 4 for one window of a target.
void Detection::judge_window(const NetworkWindow& window, KnownTarget& known) {
  const IpPrefix& target = known.target.address;
  const Verdict verdict = judge_.of_window(window, known, book_.flood_on(target) != nullptr);
  floods_.take_window(window, known, verdict.findings);
  Knowledge::keep_sources(known, floods_.is_followed(target));
}

void Detection::judge_periods(Nanoseconds now, bool last) {
  for (const EndedSecond& second : knowledge_.ended_seconds(now, last)) {
    if (is_host(second.address)) judge_period(second);
    knowledge_.close_second(second, now, book_.flood_on(second.address) != nullptr);
  }
}

/// Stages 3 and 4 for a host's last seconds.
void Detection::judge_period(const EndedSecond& second) {
  const TargetTracker& tracker = *second.tracker;
  if (tracker.second().in_total.packets == 0) return;
  const bool flood_open = book_.flood_on(second.address) != nullptr;
  // A second that the end of the capture cut short counts as at least a window of 100 ms.
  const double seconds = std::max((second.end - tracker.second_start()).seconds(), 0.1);
  const double attack_pps = static_cast<double>(tracker.second().attack().packets) / seconds;
  if (!flood_open &&
      open_carpets_.explains_period(second.address.address, tracker.prefix(), attack_pps)) {
    return;
  }
  floods_.take_period(second, judge_.of_period(second, flood_open));
}

}  // namespace floodgauge
