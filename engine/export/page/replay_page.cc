#include "engine/export/page/replay_page.h"

#include "engine/export/page/page_files.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json rates_json(const EngineSnapshot& snapshot) {
  Json rates = Json::object();
  for (const auto& incident : snapshot.incidents) {
    Json pps = Json::array();
    for (const double rate : incident->rate_history) pps.push_back(rounded_rate(rate));
    const Nanoseconds end = incident->end && !incident->open ? *incident->end : snapshot.now;
    rates[incident->id] = {
        {"start", rfc3339(incident->start)}, {"end", rfc3339(end)}, {"pps", pps}};
  }
  return rates;
}

}  // namespace

std::string replay_page(const ReportInput& input, const std::vector<LinkPoint>& link,
                        const std::string& version) {
  Json report = Json::parse(json_report(input));
  for (Json& incident : report["incidents"]) {
    for (const auto& known : input.snapshot.incidents) {
      if (known->id == incident["id"].get<std::string>()) incident["number"] = known->number;
    }
  }
  Json points = Json::array();
  for (const LinkPoint& point : link) points.push_back(link_point_json(point));
  return standalone_page(json_text({{"schema", "floodgauge.page/1"},
                                    {"version", version},
                                    {"report", report},
                                    {"link", {{"points", points}}},
                                    {"rates", rates_json(input.snapshot)}}));
}

}  // namespace floodgauge
