#include "engine/export/http/explain_answer.h"

#include "engine/export/history/minute_explanation.h"
#include "engine/export/http/query_value.h"
#include "engine/export/report/explanation_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json past_json(const ExplainAnswer& answer, Nanoseconds at, const std::string& history) {
  HistoryReader reader(history);
  Json targets = Json::array();
  for (const Explanation& one : answer.targets) {
    targets.push_back(minute_explanation(reader, {.target = one.target,
                                                  .prefix = one.prefix,
                                                  .name = one.name,
                                                  .profile = one.profile,
                                                  .limits = one.limits,
                                                  .limits_from = "the limits of now",
                                                  .at = at}));
  }
  return targets;
}

}  // namespace

HttpResponse explain_answer(const HttpRequest& request, const EngineSnapshot& snapshot,
                            const std::function<ExplainAnswer(const std::string&)>& explain,
                            const std::string& history) {
  if (!explain) return HttpResponse::error(404, "nobody explains here");
  const std::string target = query_value(request, "target");
  if (target.empty()) return HttpResponse::error(400, "target is missing: a host or a prefix");
  const std::string at = query_value(request, "at");
  const auto time = at.empty() ? std::nullopt : parse_time(at);
  if (!at.empty() && !time) return HttpResponse::error(400, "at is no RFC 3339 time");
  if (time && history.empty()) {
    return HttpResponse::error(400, "at: no history is kept; set export.history");
  }
  const ExplainAnswer answer = explain(target);
  if (!answer.failed.empty()) return HttpResponse::error(503, answer.failed);
  if (!answer.unknown.empty()) return HttpResponse::error(404, answer.unknown);
  Json json = {{"schema", kExplainSchema}, {"asked", target}};
  Json targets = Json::array();
  if (time) {
    try {
      targets = past_json(answer, *time, history);
    } catch (const HistoryError& error) {
      return HttpResponse::error(503, error.what());
    }
  } else {
    for (const Explanation& one : answer.targets) {
      targets.push_back(explanation_json(one, snapshot, answer.sampling));
    }
  }
  json["targets"] = targets;
  json["more"] = answer.more;
  return HttpResponse::json(json);
}

}  // namespace floodgauge
