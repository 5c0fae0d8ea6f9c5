#include "detectors/mitigation.h"

#include <algorithm>
#include <cstdio>

namespace floodgauge {
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share > 0 && share < 0.1 ? "%.1f %%" : "%.0f %%", share * 100);
  return text;
}

std::string flows(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " flow" : " flows");
}

bool is_mostly(const Incident& incident, std::initializer_list<std::string_view> names) {
  return !incident.vectors.empty() &&
         std::find(names.begin(), names.end(), incident.vectors.front().name) != names.end();
}

/// What helps on the servers when the flood consists of packets that genuine clients send too.
std::string beside_rules(const Incident& incident) {
  if (is_mostly(incident, {"tcp_syn"})) {
    return "let the servers answer SYNs with cookies (RFC 4987), which costs no client anything; "
           "then limit the rate of SYNs of each source prefix";
  }
  // A flood that opens has no vectors yet.
  const bool queries =
      incident.vectors.empty() || is_mostly(incident, {"dns_query", "dns_random_subdomain"});
  if (queries && incident.queried && !incident.queried->zone.empty()) {
    return "limit the rate of queries for names in " + incident.queried->zone +
           " on the name servers, and the rate of each source prefix; where the zone is signed, "
           "resolvers that validate can answer for names that do not exist (RFC 8198)";
  }
  if (is_mostly(incident, {"dns_query", "dns_random_subdomain"})) {
    return "limit the rate of queries of each source prefix on the name servers; a truncated "
           "answer makes genuine clients ask again over TCP, which no forged source can";
  }
  if (is_mostly(incident, {"http_request", "tls_hello", "quic_initial", "tcp_connection"})) {
    return "limit the rate of requests of each source prefix in front of the servers, or have them "
           "solve a challenge, which costs genuine clients a moment";
  }
  return "limit the rate of each source prefix";
}

std::string cost_of(const RuleTake& all) {
  return percent(all.answered_share) + " of the answered packets (" + flows(all.answered_flows) +
         " in the sample)";
}

}  // namespace

std::string flowspec_text(const MadeRule& rule, const Incident& incident) {
  const std::string action =
      rule.rate_limit == 0 ? "discard" : "rate-limit " + std::to_string(rule.rate_limit);
  return "flow route { match { " + rule.match.text(incident.target, incident.direction) +
         "} then { " + action + "; } }";
}

std::string blackhole_text(const Incident& incident) {
  if (incident.direction == Direction::out) return "";
  return "route " + incident.target.text() + " next-hop self community [65535:666]";
}

std::string advice_text(const Incident& incident, const std::vector<MadeRule>& rules,
                        const RuleTake& all, bool saturated) {
  if (rules.empty()) return "No packet of it is in the sample, so that no rule is proposed.";
  const bool clean = all.answered_share <= kCleanShare;
  const bool whole = all.flood_share >= kCoveredShare;
  const bool asked =
      std::ranges::any_of(rules, [](const MadeRule& r) { return r.rate_limit != 0; });
  if (clean && whole && !asked) return "";
  if (incident.direction == Direction::out) {
    return "The rules take " + cost_of(all) +
           " of the sender too: disconnect it, or have it mended.";
  }
  if (saturated && !(clean && whole)) {
    return "blackhole " + incident.target.text() +
           ": the link is full, and the rest of the network suffers. It costs all that the target "
           "answers. Otherwise the rules, which take " +
           percent(all.flood_share) + " of the flood and " + cost_of(all) + ".";
  }
  std::string text = "First " + beside_rules(incident) + ". Next the rules, which take " +
                     percent(all.flood_share) + " of the flood and " + cost_of(all) + ".";
  if (!clean) text += " Last the blackhole, which costs all that the target answers.";
  return text;
}

}  // namespace floodgauge
