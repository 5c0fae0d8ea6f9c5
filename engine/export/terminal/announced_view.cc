#include "engine/export/terminal/announced_view.h"

#include <optional>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

std::string announced_text(const Json& rule, Zone zone) {
  const auto number = [&](const char* key) -> std::optional<double> {
    const auto value = rule.find(key);
    if (value == rule.end() || !value->is_number()) return std::nullopt;
    return value->get<double>();
  };
  const bool dry_run = rule.is_object() && rule.value("dry_run", Json()) == true;
  const bool stale = rule.is_object() && rule.value("stale", Json()) == true;
  const bool ineffective = json_printable(rule, "state") == "ineffective";
  std::string text = dry_run       ? "would be announced"
                     : ineffective ? "took nothing, withdrawn"
                                   : "announced";
  text += " by " + json_printable(rule, "speaker") + " since " +
          zoned(json_printable(rule, "since"), zone) + ": " + json_printable(rule, "route");
  const auto before = number("before_pps");
  const auto after = number("after_pps");
  if (before) text += "; of " + scaled(*before, "pps");
  if (before && after) text += " still arrive " + scaled(*after, "pps");
  if (before && !after) text += " that it matches, what still arrives is not known";
  if (const auto efficacy = number("efficacy")) {
    text += ": takes " + percent(*efficacy) + " of what it promised";
  }
  return text + (stale ? "; its announcer tells nothing any more" : "");
}

}  // namespace

std::vector<std::string> announced_lines(const Json& incident, Zone zone) {
  std::vector<std::string> lines;
  for (const Json& rule : json_list(incident, "announced")) {
    lines.push_back(announced_text(rule, zone));
  }
  const std::string held = json_printable(incident, "not_announced");
  if (!held.empty()) lines.push_back("not announced: " + held);
  const auto approval = incident.find("approval");
  if (approval != incident.end() && approval->is_object()) {
    lines.push_back("approved by " + json_printable(*approval, "by") + ", " +
                    zoned(json_printable(*approval, "time"), zone));
  }
  return lines;
}

}  // namespace floodgauge
