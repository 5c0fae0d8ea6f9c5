#include "detectors/explainer.h"

#include <algorithm>

#include "detectors/target.h"

namespace floodgauge {
namespace {

/// The number of the narrowest protected prefix around an address.
std::optional<std::uint32_t> prefix_of(const IpAddress& address, const PrefixRegistry& registry) {
  std::optional<std::uint32_t> found;
  const auto prefixes = registry.prefixes();
  for (std::uint32_t i = 0; i < prefixes.size(); ++i) {
    const ProtectedPrefix& row = prefixes[i];
    if (!row.active || !row.prefix.contains(address)) continue;
    if (!found || row.prefix.length > prefixes[*found].prefix.length) found = i;
  }
  return found;
}

/// When every address is protected, networks of these lengths are judged as a whole.
bool is_judged_network(const IpPrefix& prefix) {
  return prefix.v6 ? prefix.length == 64 || prefix.length == 32
                   : prefix.length == 24 || prefix.length == 16;
}

AskedTargets address_or_prefix(const IpPrefix& prefix, const PrefixRegistry& registry) {
  AskedTargets asked;
  const auto number = prefix_of(prefix.address, registry);
  if (!number) {
    asked.unknown = prefix.text() + " lies in no protected prefix";
    return asked;
  }
  const IpPrefix& own = registry.prefixes()[*number].prefix;
  bool judged = is_host(prefix);
  std::uint32_t of = *number;
  if (registry.everything()) {
    judged = judged || is_judged_network(prefix);
  } else {
    for (std::uint32_t i = 0; i < registry.prefixes().size() && !judged; ++i) {
      const ProtectedPrefix& row = registry.prefixes()[i];
      judged = row.active && row.prefix == prefix;
      if (judged) of = i;
    }
  }
  if (!judged) {
    asked.unknown =
        prefix.text() + (registry.everything()
                             ? " is not judged as a whole: ask for a host, or for an IPv4 /24 or "
                               "/16, an IPv6 /64 or /32"
                             : " is no protected prefix: ask for " + own.text() +
                                   ", in which it begins, or for a host");
    return asked;
  }
  asked.targets.push_back({prefix, of});
  return asked;
}

}  // namespace

AskedTargets targets_of(const std::string& text, const PrefixRegistry& registry) {
  if (const auto prefix = IpPrefix::parse(text)) return address_or_prefix(*prefix, registry);
  AskedTargets asked;
  for (std::uint32_t i = 0; i < registry.prefixes().size(); ++i) {
    const ProtectedPrefix& row = registry.prefixes()[i];
    if (!row.active || row.name != text || text.empty()) continue;
    if (asked.targets.size() < AskedTargets::kMost) {
      asked.targets.push_back({row.prefix, i});
    } else {
      ++asked.more;
    }
  }
  if (asked.targets.empty()) {
    asked.unknown = "'" + text + "' is no address, no prefix and no name of a protected prefix";
  }
  return asked;
}

void Explainer::ask(const std::vector<AskedTargets::One>& targets) {
  for (const AskedTargets::One& one : targets) asked_[one.target].number = one.number;
}

std::vector<AskedTargets::One> Explainer::without(const std::vector<Look::Over>& over) const {
  std::vector<AskedTargets::One> without;
  for (const auto& [target, asked] : asked_) {
    const bool any = std::ranges::any_of(asked.looks, [&](const Look& look) {
      return std::ranges::find(over, look.over) != over.end();
    });
    if (!any) without.push_back({target, asked.number});
  }
  return without;
}

void Explainer::take(const IpPrefix& target, Look look) {
  const auto asked = asked_.empty() ? asked_.end() : asked_.find(target);
  double near = 0;
  for (const Measured& row : trace_.rows()) {
    if (row.key != nullptr) near = std::max(near, row.near());
  }
  const bool period = look.over == Look::Over::second || look.over == Look::Over::ten_seconds;
  const bool worth = period ? look.found : near >= kNear;
  if (asked == asked_.end() && !worth) return;
  look.rows = trace_.rows();
  if (worth) remember(target, look, near);
  if (asked != asked_.end() && asked->second.looks.size() < 8) {
    asked->second.looks.push_back(std::move(look));
  }
}

std::optional<Look>& Explainer::Remembered::of(const Look& look) {
  if (look.over == Look::Over::window) return nearest;
  return look.over == Look::Over::sent ? sent : slow;
}

void Explainer::remember(const IpPrefix& target, const Look& look, double near) {
  auto at = remembered_.find(target);
  if (at == remembered_.end()) {
    if (remembered_.size() >= kMostRemembered) {
      const auto least = *by_rank_.begin();
      // What came nearer in these windows than the least that is remembered takes its place.
      if (near <= least.first && !look.found) return;
      remembered_.erase(least.second);
      by_rank_.erase(by_rank_.begin());
    }
    at = remembered_.emplace(target, Remembered{}).first;
    by_rank_.emplace(0.0, target);
  }
  Remembered& known = at->second;
  std::optional<Look>& place = known.of(look);
  const bool slow = &place == &known.slow;
  const bool stale = place && look.start - place->start > kRemembered;
  // A flood that shows only over time is best explained by the look that opened it. Later looks
  // keep it open by lower limits.
  if (place && !stale && (slow ? look.flood_open : place->nearest() >= near)) return;
  place = look;
  double rank = known.slow ? 1 : 0;
  if (known.nearest) rank = std::max(rank, known.nearest->nearest());
  if (known.sent) rank = std::max(rank, known.sent->nearest());
  by_rank_.erase({known.rank, target});
  known.rank = rank;
  by_rank_.emplace(rank, target);
}

void Explainer::note(const IpPrefix& target, std::string_view why) {
  const auto asked = asked_.find(target);
  if (asked != asked_.end()) asked->second.note = why;
}

void Explainer::fill(Explanation& explanation) const {
  if (const auto asked = asked_.find(explanation.target); asked != asked_.end()) {
    explanation.looks = asked->second.looks;
    explanation.note = asked->second.note;
  }
  if (const auto known = remembered_.find(explanation.target); known != remembered_.end()) {
    explanation.nearest = known->second.nearest;
    explanation.slow = known->second.slow;
    explanation.sent = known->second.sent;
  }
}

}  // namespace floodgauge
