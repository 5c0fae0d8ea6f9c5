// What Detection says of a target that was asked for. Targets that are judged anyhow leave their
// trace while they are judged. The others are shown to the same rows of the table, and whatever
// these find has no effect.
#include <algorithm>

#include "detectors/detection.h"

namespace floodgauge {

Verdict Detection::judge_traced(const NetworkWindow& window, const KnownTarget& known,
                                bool flood_open) {
  Verdict verdict = judge_.of_window(window, known, flood_open, &explainer_.begin());
  explainer_.take(known.target.address, {.over = Look::Over::window,
                                         .start = window.start,
                                         .seconds = window.seconds(),
                                         .flood_open = flood_open,
                                         .found = !verdict.findings.empty(),
                                         .left_alone = verdict.left_alone,
                                         .rows = {}});
  return verdict;
}

/// Looks at those targets that were asked for and that nobody has looked at.
void Detection::explain_asked(const NetworkWindow& window) {
  for (const AskedTargets::One& asked : explainer_.unseen()) {
    is_host(asked.target) ? explain_host(window, asked) : explain_network(window, asked);
  }
  for (const AskedTargets::One& asked : explainer_.without_period()) {
    TargetTracker* const tracker =
        is_host(asked.target) ? knowledge_.trackers().find(asked.target) : nullptr;
    if (tracker == nullptr || tracker->second().in_total.packets == 0) continue;
    const OngoingIncident* const flood = book_.flood_on(asked.target);
    judge_.of_period({asked.target, tracker, window.end}, flood != nullptr, {},
                     flood == nullptr ? nullptr : &flood->sources(), &explainer_);
  }
}

void Detection::explain_host(const NetworkWindow& window, const AskedTargets::One& asked) {
  const auto& hosts = window.hosts();
  std::uint32_t number = 0;
  while (number < hosts.size() && hosts[number].address != asked.target.address) ++number;
  if (is_excluded(asked.target)) {
    return explainer_.note(asked.target, "exclude.targets names it, so that nothing is judged");
  }
  if (number == hosts.size() || hosts[number].inbound().packets == 0) {
    return explainer_.note(asked.target, "no packet came to it in this window");
  }
  const HostRecord& host = hosts[number];
  KnownTarget known{.target = {.address = asked.target, .prefix = host.prefix},
                    .tracker = knowledge_.trackers().find(asked.target),
                    .counts = {},
                    .sources = std::nullopt};
  known.counts.add(host);
  window.add_detail(std::span(&number, 1), known.sources.emplace(settings_.engine.sources));
  judge_traced(window, known, book_.flood_on(asked.target) != nullptr);
  explainer_.note(asked.target,
                  host.events().suspicious == 0
                      ? "all its packets are answered or of connections, and below the limits of "
                        "all packets: it is not judged"
                      : "too few of its packets are suspicious: it is not judged");
}

void Detection::explain_network(const NetworkWindow& window, const AskedTargets::One& asked) {
  std::optional<NetworkCandidate> candidate = carpets_.look_at(window, asked.target);
  if (!candidate) {
    return explainer_.note(asked.target, "nothing suspicious came to it in this window");
  }
  set_scans_aside(*candidate, window.seconds());
  KnownTarget known{.target = candidate->target,
                    .tracker = knowledge_.trackers().find(asked.target),
                    .counts = candidate->hit.counts,
                    .sources = std::nullopt};
  known.target.address = asked.target;
  window.add_detail(candidate->hit.members, known.sources.emplace(settings_.engine.sources));
  judge_traced(window, known, book_.flood_on(asked.target) != nullptr);
  explainer_.note(asked.target, candidate->hit.why_no_carpet());
}

bool Detection::is_excluded(const IpPrefix& target) const {
  return std::ranges::any_of(settings_.exclude.targets, [&](const IpPrefix& prefix) {
    return prefix.length <= target.length && prefix.contains(target.address);
  });
}

Explanation Detection::explain(const AskedTargets::One& asked) const {
  const ProtectedPrefix& own = registry_.prefixes()[asked.number];
  Explanation explanation;
  explanation.target = asked.target;
  explanation.number = asked.number;
  explanation.prefix = own.prefix;
  explanation.name = own.name;
  const bool named = settings_.profiles.contains(own.profile);
  explanation.profile = named ? own.profile : "default";
  explanation.limits = profiles_.of(asked.number);
  explanation.now = last_end_;
  explainer_.fill(explanation);
  explanation.usual = baseline_.looked(asked.number);
  return explanation;
}

}  // namespace floodgauge
