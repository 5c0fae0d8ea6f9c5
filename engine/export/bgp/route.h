// What a speaker announces for an incident: a FlowSpec rule or a blackhole route (RFC 7999).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/policy.h"
#include "engine/base/address.h"
#include "engine/export/bgp/flow_rule.h"

namespace floodgauge {

/// What a FlowSpec rule does.
RouteAction action_of(const FlowRule& rule);

struct Route {
  RouteAction action = RouteAction::discard;
  IpPrefix target = {};  ///< what it touches: the destination, or of an outward flood the source
  std::optional<FlowRule> rule = {};  ///< of a FlowSpec route; a blackhole route has none
  std::string next_hop = {};          ///< of a blackhole route
  std::vector<std::string> communities = {};

  bool is_flowspec() const { return rule.has_value(); }
  /// The route in ExaBGP's text form, by which it is known: a withdrawal gives the same text.
  std::string text() const;

  /// The inverse of text(); nothing when it is no route.
  static std::optional<Route> parse(const std::string& text);
};

}  // namespace floodgauge
