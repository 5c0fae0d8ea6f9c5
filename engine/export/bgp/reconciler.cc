#include "engine/export/bgp/reconciler.h"

#include <algorithm>
#include <cstdio>

namespace floodgauge {
namespace {

constexpr Nanoseconds kMinute = whole_seconds(60);

bool inside(const IpPrefix& inner, const IpPrefix& outer) {
  return inner.v6 == outer.v6 && inner.length >= outer.length && outer.contains(inner.address);
}

bool touch(const IpPrefix& a, const IpPrefix& b) {
  return inside(a, b) || inside(b, a);
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g %%", share * 100);
  return text;
}

std::string name(PolicySeverity severity) {
  return std::string(kPolicySeverityNames[static_cast<std::size_t>(severity)]);
}

}  // namespace

bool Reconciler::allows(RouteAction action) const {
  const auto& actions = policy_.allow.actions;
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

void Reconciler::hold(const std::string& incident, std::string reason) {
  held_back_.push_back({incident, std::move(reason)});
}

StandingRoute* Reconciler::find(const std::string& text) {
  const auto found = std::find_if(standing_.begin(), standing_.end(), [&](const auto& standing) {
    return standing.route.text() == text;
  });
  return found == standing_.end() ? nullptr : &*found;
}

/// Why no route may touch `target`; empty when one may.
std::string Reconciler::place_refusal(const IpPrefix& target) const {
  const auto& allowed = policy_.allow.prefixes;
  if (std::none_of(allowed.begin(), allowed.end(),
                   [&](const IpPrefix& prefix) { return inside(target, prefix); })) {
    return "its target is not inside allow.prefixes";
  }
  for (const IpPrefix& prefix : policy_.never) {
    if (touch(target, prefix)) return "its target touches " + prefix.text() + " of never";
  }
  return "";
}

std::string Reconciler::refusal(const OpenFlood& flood) const {
  if (flood.severity < policy_.when.severity) {
    return "its severity is " + name(flood.severity) + ", and the policy acts from " +
           name(policy_.when.severity);
  }
  if (std::string refused = place_refusal(flood.target); !refused.empty()) return refused;
  if (policy_.when.approve && !flood.approved) return "it waits for a person's approval";
  return "";
}

std::string Reconciler::refusal(const OpenFlood& flood, const ProposedRule& rule,
                                const FlowRule& parsed) const {
  const auto matched = parsed.prefix(flood.outward ? "source" : "destination");
  if (!matched || !inside(*matched, flood.target)) return "a rule matches more than its target";
  const unsigned narrowest = matched->v6 ? policy_.allow.narrowest_v6 : policy_.allow.narrowest_v4;
  if (matched->length > narrowest) {
    return "a rule for " + matched->text() + " is narrower than /" + std::to_string(narrowest);
  }
  if (!allows(action_of(parsed))) return "the policy does not allow " + parsed.action;
  if (rule.flood_share.value_or(0) < policy_.when.flood_share) {
    return rule.flood_share ? "a rule takes only " + percent(*rule.flood_share) + " of the flood"
                            : "what share of the flood its rule takes is not known";
  }
  if (rule.answered_share.value_or(1) > policy_.when.answered_share) {
    return rule.answered_share
               ? "a rule takes " + percent(*rule.answered_share) + " of the answered packets"
               : "what share of the answered packets its rule takes is not known";
  }
  return "";
}

/// The policy's next hop, where it has the version of the target.
std::string Reconciler::next_hop_for(const IpPrefix& target) const {
  const auto address = IpAddress::parse(policy_.routes.next_hop);
  const bool fits = address && IpPrefix::host(*address).v6 == target.v6;
  return fits ? policy_.routes.next_hop : "self";
}

std::optional<Route> Reconciler::blackhole_for(const OpenFlood& flood, std::string& refused) const {
  const bool only = !allows(RouteAction::discard) && !allows(RouteAction::rate_limit);
  if (!allows(RouteAction::blackhole) || (!only && !flood.advises_blackhole)) return std::nullopt;
  const auto least =
      flood.target.v6 ? policy_.routes.blackhole_length_v6 : policy_.routes.blackhole_length_v4;
  const auto most = flood.target.v6 ? policy_.allow.narrowest_v6 : policy_.allow.narrowest_v4;
  if (flood.outward) {
    refused = "a blackhole does not stop what the target sends";
  } else if (flood.target.length < least) {
    refused = "a blackhole would take all of " + flood.target.text();
  } else if (flood.target.length > most) {
    refused =
        "a blackhole of " + flood.target.text() + " is narrower than /" + std::to_string(most);
  } else {
    return Route{.action = RouteAction::blackhole,
                 .target = flood.target,
                 .rule = {},
                 .next_hop = next_hop_for(flood.target),
                 .communities = policy_.routes.communities};
  }
  return std::nullopt;
}

/// The routes that a flood asks for and may have.
std::vector<Reconciler::Wanted> Reconciler::wanted_of(const OpenFlood& flood) {
  if (std::string refused = refusal(flood); !refused.empty()) {
    hold(flood.id, std::move(refused));
    return {};
  }
  std::vector<Wanted> wanted;
  std::string refused;
  if (const auto route = blackhole_for(flood, refused)) {
    wanted.push_back({*route, flood.id, std::nullopt});
    return wanted;
  }
  if (!refused.empty()) hold(flood.id, refused);
  for (const ProposedRule& rule : flood.rules) {
    const auto parsed = FlowRule::parse(rule.flowspec);
    refused = parsed ? refusal(flood, rule, *parsed) : "its rule cannot be read";
    if (!refused.empty()) {
      hold(flood.id, refused);
      continue;
    }
    wanted.push_back({{.action = action_of(*parsed),
                       .target = *parsed->prefix(flood.outward ? "source" : "destination"),
                       .rule = parsed,
                       .next_hop = {},
                       .communities = policy_.routes.communities},
                      flood.id,
                      rule.flood_share});
  }
  return wanted;
}

/// Leaves out what took nothing lately.
void Reconciler::leave_out_rejected(std::vector<Wanted>& wanted) {
  std::erase_if(wanted, [&](const Wanted& one) {
    const auto rejected = rejected_.find(one.route.text());
    if (rejected == rejected_.end()) return false;
    hold(one.incident, rejected->second.reason);
    return true;
  });
}

void Reconciler::reject(const std::string& route, std::string reason, Nanoseconds until) {
  rejected_[route] = {std::move(reason), until};
}

bool Reconciler::note_flood_rate(const std::string& route, double pps) {
  StandingRoute* standing = find(route);
  if (standing == nullptr || standing->flood_pps) return false;
  standing->flood_pps = pps;
  return true;
}

/// Notes which standing routes' floods are open, and which are quiet.
void Reconciler::refresh(Nanoseconds now, const std::vector<OpenFlood>& floods) {
  for (StandingRoute& standing : standing_) {
    // The flood may have come back as another incident at the same target.
    const auto open = std::find_if(floods.begin(), floods.end(), [&](const OpenFlood& flood) {
      return flood.id == standing.incident;
    });
    standing.confirmed = now;
    if (open != floods.end() && !open->quiet) {
      standing.quiet_since.reset();
    } else if (!standing.quiet_since) {
      standing.quiet_since = now;
    }
  }
}

/// How long a route stands at least: longer after each return of its flood.
Nanoseconds Reconciler::least_stand(unsigned returns) const {
  Nanoseconds least = policy_.time.probe;
  for (unsigned n = 1; n < returns && least < policy_.time.to_live; ++n) least = least * 2;
  return returns == 0 ? Nanoseconds{0} : std::min(least, policy_.time.to_live);
}

std::string Reconciler::reason_to_withdraw(const StandingRoute& standing, Nanoseconds now,
                                           const std::vector<Wanted>* wanted) const {
  if (now - standing.confirmed >= policy_.time.to_live) {
    return "the sensor has not confirmed it for its time to live";
  }
  if (std::string refused = place_refusal(standing.route.target); !refused.empty()) {
    return "the policy was changed: " + refused;
  }
  const std::string text = standing.route.text();
  if (const auto found = rejected_.find(text); found != rejected_.end()) {
    return found->second.reason;
  }
  if (wanted == nullptr) return "";
  if (std::any_of(wanted->begin(), wanted->end(),
                  [&](const Wanted& one) { return one.route.text() == text; })) {
    return "";
  }
  // A flood that is quiet asks for nothing, and its route is held for a while.
  if (!standing.quiet_since) return "its incident asks for it no longer";
  const bool held = now - *standing.quiet_since < policy_.time.after_quiet ||
                    now - standing.since < least_stand(standing.returns);
  return held ? "" : "its flood is quiet";
}

void Reconciler::add_announcements(Nanoseconds now, const std::vector<Wanted>& wanted,
                                   std::vector<RouteStep>& steps) {
  while (!announced_at_.empty() && now - announced_at_.front() >= kMinute) {
    announced_at_.pop_front();
  }
  std::size_t rules = standing_.size();
  std::size_t recent = announced_at_.size();
  for (const Wanted& one : wanted) {
    if (find(one.route.text()) != nullptr) continue;
    if (rules >= policy_.budget.rules) {
      hold(one.incident, "budget.rules are announced already");
    } else if (recent >= policy_.budget.per_minute) {
      hold(one.incident, "budget.per_minute were announced in the last minute");
    } else {
      ++rules;
      ++recent;
      steps.push_back({RouteStep::What::announce, one.route, one.incident, "its flood is open",
                       one.promised_share});
    }
  }
}

std::vector<RouteStep> Reconciler::plan(Nanoseconds now,
                                        const std::optional<std::vector<OpenFlood>>& floods) {
  std::vector<RouteStep> steps;
  std::vector<Wanted> wanted;
  held_back_.clear();
  forget_old(now);
  if (floods) {
    refresh(now, *floods);
    std::vector<OpenFlood> worst_first = *floods;
    std::stable_sort(worst_first.begin(), worst_first.end(), [](const auto& a, const auto& b) {
      if (a.severity != b.severity) return a.severity > b.severity;
      return a.packets_per_second > b.packets_per_second;
    });
    for (const OpenFlood& flood : worst_first) {
      if (flood.quiet) continue;
      for (Wanted& one : wanted_of(flood)) wanted.push_back(std::move(one));
    }
    leave_out_rejected(wanted);
    for (const Wanted& one : wanted) {
      // The same rule, asked for by a later incident.
      if (StandingRoute* standing = find(one.route.text())) {
        standing->incident = one.incident;
        standing->quiet_since.reset();
      }
    }
    add_announcements(now, wanted, steps);
  }
  for (const StandingRoute& standing : standing_) {
    std::string reason = reason_to_withdraw(standing, now, floods ? &wanted : nullptr);
    if (reason.empty()) continue;
    steps.push_back(
        {RouteStep::What::withdraw, standing.route, standing.incident, std::move(reason), {}});
  }
  return steps;
}

void Reconciler::done(const RouteStep& step, Nanoseconds now) {
  const std::string text = step.route.text();
  if (step.what == RouteStep::What::announce) {
    announced_at_.push_back(now);
    unsigned returns = 0;
    if (const auto before = withdrawn_.find(text); before != withdrawn_.end()) {
      returns = before->second.returns + 1;
      withdrawn_.erase(before);
    }
    standing_.push_back(
        {step.route, step.incident, now, now, {}, returns, step.promised_share, std::nullopt});
    return;
  }
  const StandingRoute* standing = find(text);
  if (standing == nullptr) return;
  if (withdrawn_.size() < kMostRemembered) withdrawn_[text] = {now, standing->returns};
  standing_.erase(standing_.begin() + (standing - standing_.data()));
}

/// A flood that comes back later than this after the withdrawal is a new one.
void Reconciler::forget_old(Nanoseconds now) {
  std::erase_if(rejected_, [&](const auto& entry) { return now >= entry.second.until; });
  std::erase_if(withdrawn_, [&](const auto& entry) {
    return now - entry.second.at >= std::max(policy_.time.probe, least_stand(entry.second.returns));
  });
}

}  // namespace floodgauge
