#include "engine/export/http/web_api.h"

#include <chrono>
#include <utility>

#include "engine/export/report/report.h"
#include "engine/export/report/snapshot_json.h"

namespace floodgauge {
namespace {

constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kReload = "/-/reload";

constexpr const char* kLandingPage = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>floodgauge</title>
<style>body{font-family:sans-serif;margin:2em;max-width:40em}</style></head>
<body><h1>floodgauge</h1>
<ul>
<li><a href="/metrics">Metrics</a> for Prometheus</li>
<li><a href="/api/v1/incidents?state=open">Open incidents</a>,
<a href="/api/v1/incidents">all that are remembered</a></li>
<li><a href="/api/v1/prefixes">Protected prefixes</a>,
<a href="/api/v1/hosts">busiest hosts</a></li>
<li><a href="/api/v1/scans">Scans</a></li>
<li><a href="/api/v1/status">Status</a>,
<a href="/-/healthy">healthy?</a> <a href="/-/ready">ready?</a></li>
</ul></body></html>
)";

HttpResponse json_response(const Json& json) {
  HttpResponse response;
  response.body = json_text(json) + "\n";
  return response;
}

HttpResponse not_ready() {
  return HttpResponse::error(503, "starting: the first window has not closed yet");
}

HttpResponse wrong_method(const std::string& allowed) {
  HttpResponse response = HttpResponse::error(405, "this path answers " + allowed);
  response.allow = allowed;
  return response;
}

HttpResponse incidents(const HttpRequest& request, const EngineSnapshot& snapshot) {
  const auto state = request.query.find("state");
  const std::string wanted = state == request.query.end() ? "" : state->second;
  if (!wanted.empty() && wanted != "open" && wanted != "closed") {
    return HttpResponse::error(400, "state is open or closed, not " + wanted);
  }
  Json list = Json::array();
  for (const Incident* incident : in_report_order(snapshot)) {
    if (wanted.empty() || incident->open == (wanted == "open")) {
      list.push_back(incident_json(*incident));
    }
  }
  return json_response({{"incidents", list}});
}

HttpResponse one_incident(const std::string& id, const EngineSnapshot& snapshot) {
  for (const auto& incident : snapshot.incidents) {
    if (incident->id == id) return json_response(incident_json(*incident));
  }
  return HttpResponse::error(404, "no incident " + id + " is remembered");
}

HttpResponse prefixes(const EngineSnapshot& snapshot) {
  Json list = Json::array();
  for (const PrefixSnapshot& prefix : snapshot.prefixes) list.push_back(prefix_live_json(prefix));
  return json_response({{"prefixes", list}, {"loss_ratio", rounded_share(snapshot.loss_ratio)}});
}

HttpResponse hosts(const HttpRequest& request, const EngineSnapshot& snapshot) {
  std::optional<IpPrefix> inside;
  if (const auto text = request.query.find("prefix"); text != request.query.end()) {
    inside = IpPrefix::parse(text->second);
    if (!inside) return HttpResponse::error(400, text->second + " is not a prefix");
  }
  Json list = Json::array();
  for (const HostSnapshot& host : snapshot.top_hosts) {
    if (!inside || inside->contains(host.address)) list.push_back(host_json(host, snapshot));
  }
  return json_response({{"hosts", list}, {"loss_ratio", rounded_share(snapshot.loss_ratio)}});
}

HttpResponse scans(const EngineSnapshot& snapshot) {
  return json_response({{"scans", scans_json(snapshot)}, {"total", snapshot.scans_total}});
}

HttpResponse status(const BuildInfo& build, const EngineSnapshot& snapshot) {
  Json json = {{"version", build.version}, {"revision", build.revision}, {"dpdk", build.dpdk}};
  json.update(status_json(snapshot));
  return json_response(json);
}

}  // namespace

HttpResponse WebApi::operator()(const HttpRequest& request) const {
  if (request.path == kReload) {
    return request.method == "POST" ? reload() : wrong_method("POST");
  }
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  return get(request);
}

HttpResponse WebApi::get(const HttpRequest& request) const {
  if (request.path == "/") {
    HttpResponse response = HttpResponse::text(kLandingPage);
    response.content_type = "text/html; charset=utf-8";
    return response;
  }
  if (request.path == "/metrics") return metrics();
  if (request.path == kHealthy || request.path == kReady) return health(request.path == kReady);
  if (request.path.starts_with(kApi)) return api(request, request.path.substr(kApi.size()));
  return HttpResponse::error(404, "nothing is served at " + request.path);
}

HttpResponse WebApi::health(bool of_readiness) const {
  const std::shared_ptr<const EngineSnapshot> snapshot = options_.latest();
  const Health health = snapshot ? snapshot->health : Health{.reason = "starting"};
  if (of_readiness ? health.ready : health.healthy) {
    return HttpResponse::text(of_readiness ? "floodgauge is ready\n" : "floodgauge is healthy\n");
  }
  HttpResponse response = HttpResponse::text(health.reason + "\n");
  response.status = 503;
  return response;
}

HttpResponse WebApi::metrics() const {
  const std::shared_ptr<const EngineSnapshot> snapshot = options_.latest();
  std::string text;
  {
    const std::scoped_lock lock(spare_->lock);
    text = std::exchange(spare_->text, {});
  }
  const auto began = std::chrono::steady_clock::now();
  write_metrics_text(snapshot.get(), options_.metrics, text);
  control_.append_text(text);
  control_.observe_scrape(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  HttpResponse response = HttpResponse::text(std::move(text));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.recycle = [spare = spare_](std::string&& sent) {
    const std::scoped_lock lock(spare->lock);
    if (sent.capacity() > spare->text.capacity()) spare->text = std::move(sent);
  };
  return response;
}

HttpResponse WebApi::api(const HttpRequest& request, const std::string& resource) const {
  const std::shared_ptr<const EngineSnapshot> snapshot = options_.latest();
  if (!snapshot) return not_ready();
  constexpr std::string_view kIncident = "incidents/";
  if (resource == "incidents") return incidents(request, *snapshot);
  if (resource.starts_with(kIncident)) {
    return one_incident(resource.substr(kIncident.size()), *snapshot);
  }
  if (resource == "prefixes") return prefixes(*snapshot);
  if (resource == "hosts") return hosts(request, *snapshot);
  if (resource == "scans") return scans(*snapshot);
  if (resource == "status") return status(options_.metrics.build, *snapshot);
  return HttpResponse::error(404, "nothing is served at " + request.path);
}

HttpResponse WebApi::reload() const {
  if (!options_.reload) {
    return HttpResponse::error(403, "reloading by HTTP is not enabled; set export.reload: true");
  }
  const std::string wrong = options_.reload();
  if (!wrong.empty()) return HttpResponse::error(500, wrong);
  return HttpResponse::text("reloaded\n");
}

}  // namespace floodgauge
