#include "engine/app/open_floods.h"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace floodgauge {
namespace {

using Json = nlohmann::ordered_json;

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const Json& object, const char* key) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<double> number_of(const Json& object, const char* key) {
  const Json* value = member(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

std::vector<ProposedRule> rules_of(const Json& mitigation) {
  std::vector<ProposedRule> rules;
  const Json* list = member(mitigation, "rules");
  if (list == nullptr || !list->is_array()) {
    // A sensor without receipts.
    if (std::string only = text_of(mitigation, "flowspec"); !only.empty()) {
      rules.push_back({std::move(only), {}, {}});
    }
    return rules;
  }
  for (const Json& rule : *list) {
    if (!rule.is_object()) continue;
    rules.push_back({text_of(rule, "flowspec"), number_of(rule, "flood_share"),
                     number_of(rule, "answered_share")});
  }
  return rules;
}

std::optional<OpenFlood> flood_of(const Json& incident) {
  const auto target = IpPrefix::parse(text_of(incident, "target"));
  const auto severity = std::find(kPolicySeverityNames.begin(), kPolicySeverityNames.end(),
                                  text_of(incident, "severity"));
  OpenFlood flood;
  flood.id = text_of(incident, "id");
  if (!target || severity == kPolicySeverityNames.end() || flood.id.empty()) return std::nullopt;
  flood.target = *target;
  flood.severity = static_cast<PolicySeverity>(severity - kPolicySeverityNames.begin());
  flood.outward = text_of(incident, "direction") == "out";
  flood.quiet = member(incident, "quiet_since") != nullptr;
  const Json* approved = member(incident, "approved");
  flood.approved = approved != nullptr && approved->is_boolean() && approved->get<bool>();
  flood.packets_per_second = number_of(incident, "peak_pps").value_or(0);
  flood.current_pps = number_of(incident, "current_pps").value_or(0);
  if (const Json* mitigation = member(incident, "mitigation"); mitigation != nullptr) {
    flood.rules = rules_of(*mitigation);
    flood.advises_blackhole = text_of(*mitigation, "advice").starts_with("blackhole");
  }
  return flood;
}

}  // namespace

std::vector<OpenFlood> open_floods(const Json& answer) {
  std::vector<OpenFlood> floods;
  const Json* incidents = answer.is_object() ? member(answer, "incidents") : nullptr;
  if (incidents == nullptr || !incidents->is_array()) return floods;
  for (const Json& incident : *incidents) {
    if (!incident.is_object() || text_of(incident, "kind") != "flood" ||
        text_of(incident, "state") == "closed") {
      continue;
    }
    if (auto flood = flood_of(incident)) floods.push_back(std::move(*flood));
  }
  return floods;
}

}  // namespace floodgauge
