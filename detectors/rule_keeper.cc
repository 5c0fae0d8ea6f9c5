#include "detectors/rule_keeper.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "detectors/mitigation.h"
#include "engine/base/ip_protocol.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {
namespace {

/// How often the rules of a flood that goes on are compared with its sample.
constexpr Nanoseconds kLookEvery = whole_seconds(1);
/// What came so shortly before a flood may be the beginning of its rise.
constexpr Nanoseconds kApart = whole_seconds(1);
/// Rules are not changed again before: what was announced needs time to take effect. The first ones
/// are made of a single window, and stand shorter.
constexpr Nanoseconds kStand = whole_seconds(3);
constexpr Nanoseconds kFirstStand = whole_seconds(1);
/// Rules that would take so much more of the flood, or so much less of what is answered, replace
/// those that stand.
constexpr double kBetter = 0.03;
/// Packets of each kind that the samples of all open floods hold together, at most (48 bytes each),
/// and one flood's: with 4,096 of them a share has a standard error of 0.8 points at most.
constexpr std::size_t kRoomOfAll = 262144;
constexpr std::size_t kRoomOfOne = 4096;
constexpr std::size_t kLeastRoom = 128;

RuleQuestion question_of(const OngoingIncident& ongoing, double sampling) {
  const VectorSet vectors = ongoing.vectors();
  return {.vectors = vectors,
          .direction = ongoing.incident().direction,
          .sampling = sampling,
          .fragments = vectors.contains(Vector::fragment) || vectors.contains(Vector::udp_fragment),
          .takes_connections = ongoing.takes_connections()};
}

void add_names(OngoingIncident& ongoing, const WindowSample& window) {
  const Incident& incident = ongoing.incident();
  if (incident.direction == Direction::out) return;
  for (const SampledName& name : window.names_to(incident.target)) ongoing.rules.zone.add(name);
}

/// Of a flood of DNS queries: what it asks for, and how it was answered.
std::optional<QueriedNames> queried_names(const OngoingIncident& ongoing) {
  const IncidentRules& rules = ongoing.rules;
  if (!ongoing.vectors().contains(Vector::dns_query) || rules.zone.names() < QueriedZone::kLeast) {
    return std::nullopt;
  }
  const QueriedZone::Found found = rules.zone.find();
  return QueriedNames{.zone = found.zone,
                      .zone_share = found.share,
                      .sampled_names = found.names,
                      .results = rules.dns_results};
}

std::vector<std::string> texts_of(const OngoingIncident& ongoing) {
  std::vector<std::string> texts;
  for (const MadeRule& rule : ongoing.rules.rules) {
    texts.push_back(flowspec_text(rule, ongoing.incident()));
  }
  return texts;
}

/// Those of `all` that are not among `others`.
std::vector<std::string> without(const std::vector<std::string>& all,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> rest;
  std::ranges::copy_if(all, std::back_inserter(rest), [&](const std::string& one) {
    return std::ranges::find(others, one) == others.end();
  });
  return rest;
}

}  // namespace

void RuleKeeper::begin_window(const NetworkWindow& window) {
  if (window.gap_since) recent_.clear();
  recent_.add(window);
}

std::size_t RuleKeeper::room() const {
  const std::size_t open = std::max<std::size_t>(book_.ongoing().size(), 1);
  return std::clamp(kRoomOfAll / open, kLeastRoom, kRoomOfOne);
}

void RuleKeeper::begin(OngoingIncident& ongoing) {
  const Incident& incident = ongoing.incident();
  for (const WindowSample& window : recent_.windows()) {
    if (window.end + kApart <= incident.start) {
      ongoing.rules.before.add(window, incident.target, incident.direction, room());
    } else if (window.end > incident.start) {
      ongoing.rules.sample.add(window, incident.target, incident.direction, room());
      add_names(ongoing, window);
    }
  }
  look_at(ongoing, incident.detected, false);
}

void RuleKeeper::end_window(const NetworkWindow& window) {
  std::vector<OngoingIncident*> due;
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first != IncidentKind::flood) continue;
    const Incident& incident = ongoing->incident();
    IncidentRules& rules = ongoing->rules;
    // What is found over seconds is not added up window by window.
    const bool sent = ongoing->slow ? !incident.quiet_since
                                    : ongoing->last_added == window.end && incident.current_pps > 0;
    const bool has_it = incident.detected >= window.end;  // begin() has added it
    if (sent) count_dns_answers(*ongoing, window);
    if (sent && !has_it) {
      rules.sample.add(recent_.windows().back(), incident.target, incident.direction, room());
      add_names(*ongoing, recent_.windows().back());
      rules.fresh = true;
    }
    if (!rules.fresh) continue;
    if (!sent || window.last || window.end - rules.looked_at >= kLookEvery) {
      due.push_back(ongoing.get());
    }
  }
  for (OngoingIncident* const ongoing : due) look_at(*ongoing, window.end, true);
}

/// Adds what the target's name servers have answered in a window in which the flood sent.
void RuleKeeper::count_dns_answers(OngoingIncident& ongoing, const NetworkWindow& window) const {
  const Incident& incident = ongoing.incident();
  if (incident.direction == Direction::out || !ongoing.vectors().contains(Vector::dns_query))
    return;
  const auto servers = window.services.servers();
  for (std::size_t s = 0; s < settings_.services.size(); ++s) {
    const bool is_dns = std::ranges::any_of(settings_.services[s].ports, [](const ServicePort& p) {
      return p.protocol == kProtocolUdp && p.port == 53;
    });
    if (!is_dns) continue;
    const auto key = std::tuple(ongoing.prefix_number, s, incident.target.address);
    auto at = std::ranges::lower_bound(servers, key, {}, [](const ServiceTotals& of) {
      return std::tuple(of.prefix, std::size_t{of.service}, of.server);
    });
    for (; at != servers.end() && at->prefix == ongoing.prefix_number && at->service == s &&
           incident.target.contains(at->server);
         ++at) {
      for (std::size_t r = 0; r < kDnsResults; ++r) {
        ongoing.rules.dns_results[r] += at->counts.dns_results[r];
      }
    }
  }
}

void RuleKeeper::note_gap() {
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood && ongoing->rules.fresh) {
      look_at(*ongoing, ongoing->rules.looked_at, false);
    }
  }
}

void RuleKeeper::look_at(OngoingIncident& ongoing, Nanoseconds now, bool may_change) {
  IncidentRules& rules = ongoing.rules;
  rules.fresh = false;
  rules.looked_at = now;
  const Direction direction = ongoing.incident().direction;
  const RuleTraffic traffic =
      traffic_of(rules.sample, rules.before, question_of(ongoing, settings_.sampling));
  const RuleTake take = take_of(rules.rules, traffic, direction);
  const bool first = rules.revision == 0;
  const Nanoseconds stand = rules.revision == 1 ? kFirstStand : kStand;
  const bool enough = take.flood_share >= kCoveredShare &&
                      take.answered_share <= std::max(kCleanShare, rules.answered_share + kBetter);
  if (!traffic.flood.empty() &&
      (first || (may_change && !enough && now - rules.changed >= stand))) {
    std::vector<MadeRule> made = make_rules(traffic, direction);
    const RuleTake better = take_of(made, traffic, direction);
    if (first || better.flood_share >= take.flood_share + kBetter ||
        (better.flood_share >= std::min(take.flood_share, kCoveredShare) &&
         better.answered_share <= take.answered_share - kBetter)) {
      change(ongoing, std::move(made), now);
      rules.answered_share = better.answered_share;
      render(ongoing, traffic, better);
      if (!first || may_change) book_.tell_rules(ongoing, now);
      return;
    }
  }
  render(ongoing, traffic, take);
}

void RuleKeeper::change(OngoingIncident& ongoing, std::vector<MadeRule> made, Nanoseconds now) {
  IncidentRules& rules = ongoing.rules;
  const std::vector<std::string> before = texts_of(ongoing);
  rules.rules = std::move(made);
  rules.changed = now;
  ++rules.revision;
  const std::vector<std::string> after = texts_of(ongoing);
  ongoing.incident().rules_change = {without(before, after), without(after, before)};
}

std::vector<std::string> RuleKeeper::services_of(const RuleMatch& match,
                                                 const RuleTraffic& traffic) const {
  std::set<std::string> touched;
  for (const ServiceSettings& service : settings_.services) {
    for (const ServicePort& port : service.ports) {
      const auto is_asked = [&](const SampledPacket& packet) {
        return packet.protocol == port.protocol && packet.destination_port == port.port &&
               (packet.flags & kFactTransport) != 0;
      };
      const bool named =
          match.protocol == port.protocol &&
          std::ranges::find(match.destination_ports, port.port) != match.destination_ports.end();
      if (named || std::ranges::any_of(traffic.answered, [&](const WeighedPacket& one) {
            return is_asked(*one.packet) && match.matches(*one.packet, Direction::in);
          })) {
        touched.insert(service.name);
      }
    }
  }
  return {touched.begin(), touched.end()};
}

/// Writes the incident's mitigation. `all`: what the rules take together.
void RuleKeeper::render(OngoingIncident& ongoing, const RuleTraffic& traffic,
                        const RuleTake& all) const {
  Incident& incident = ongoing.incident();
  const std::vector<MadeRule>& rules = ongoing.rules.rules;
  incident.queried = queried_names(ongoing);
  Mitigation mitigation;
  mitigation.blackhole = blackhole_text(incident);
  mitigation.revision = ongoing.rules.revision;
  for (const MadeRule& rule : rules) {
    const RuleTake take = take_of(rule.match, traffic, incident.direction);
    mitigation.rules.push_back({.flowspec = flowspec_text(rule, incident),
                                .flood_share = take.flood_share,
                                .answered_share = take.answered_share,
                                .answered_flows = take.answered_flows,
                                .services = incident.direction == Direction::in
                                                ? services_of(rule.match, traffic)
                                                : std::vector<std::string>{},
                                .sampled_packets = traffic.packets()});
  }
  if (!mitigation.rules.empty()) mitigation.flowspec = mitigation.rules.front().flowspec;
  mitigation.covered_share = all.flood_share;
  mitigation.advice = advice_text(incident, rules, all, book_.any_open(IncidentKind::saturation));
  incident.mitigation = std::move(mitigation);
}

}  // namespace floodgauge
