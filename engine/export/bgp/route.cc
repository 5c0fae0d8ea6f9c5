#include "engine/export/bgp/route.h"

#include <sstream>

namespace floodgauge {
namespace {

constexpr std::string_view kBlackhole = "65535:666";  ///< RFC 7999

std::string community_list(const std::vector<std::string>& communities) {
  std::string out = "[";
  for (const std::string& community : communities) {
    out += (out.size() > 1 ? " " : "") + community;
  }
  return out + "]";
}

/// What may stand among communities: "65000:666". The policy was checked more closely.
bool is_community(const std::string& word) {
  return word.find_first_not_of("0123456789:") == std::string::npos;
}

std::optional<Route> parse_blackhole(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  std::string prefix;
  Route route{.action = RouteAction::blackhole, .rule = {}, .next_hop = {}, .communities = {}};
  words >> word >> prefix >> word >> route.next_hop >> word;
  const auto target = IpPrefix::parse(prefix);
  const bool hop = route.next_hop == "self" || IpAddress::parse(route.next_hop);
  if (!target || !hop || word != "community") return std::nullopt;
  route.target = *target;
  while (words >> word) {
    std::erase_if(word, [](char c) { return c == '[' || c == ']'; });
    if (!is_community(word)) return std::nullopt;
    if (!word.empty() && word != kBlackhole) route.communities.push_back(word);
  }
  return route;
}

}  // namespace

RouteAction action_of(const FlowRule& rule) {
  return rule.action == "discard" ? RouteAction::discard : RouteAction::rate_limit;
}

std::string Route::text() const {
  if (is_flowspec()) {
    std::string out = rule->text();
    if (communities.empty()) return out;
    // ExaBGP reads further attributes of a flow among its actions.
    const std::size_t end = out.rfind("} }");
    return out.insert(end, "community " + community_list(communities) + "; ");
  }
  std::vector<std::string> all = {std::string(kBlackhole)};
  all.insert(all.end(), communities.begin(), communities.end());
  return "route " + target.text() + " next-hop " + next_hop + " community " + community_list(all);
}

std::optional<Route> Route::parse(const std::string& text) {
  if (text.starts_with("route ")) return parse_blackhole(text);
  std::string plain = text;
  Route route{.rule = {}, .next_hop = {}, .communities = {}};
  const std::size_t community = plain.find("community [");
  if (community != std::string::npos) {
    const std::size_t end = plain.find("]; ", community);
    if (end == std::string::npos) return std::nullopt;
    std::istringstream words(plain.substr(community + 11, end - community - 11));
    for (std::string word; words >> word;) {
      if (!is_community(word)) return std::nullopt;
      route.communities.push_back(word);
    }
    plain.erase(community, end + 3 - community);
  }
  route.rule = FlowRule::parse(plain);
  if (!route.rule) return std::nullopt;
  const auto destination = route.rule->prefix("destination");
  const auto source = route.rule->prefix("source");
  if (!destination && !source) return std::nullopt;
  route.target = destination ? *destination : *source;
  route.action = action_of(*route.rule);
  return route;
}

}  // namespace floodgauge
