#include "engine/export/http/web_api.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/export/http/actions.h"
#include "engine/export/http/evidence_answer.h"
#include "engine/export/http/explain_answer.h"
#include "engine/export/http/incident_list.h"
#include "engine/export/http/prefix_list.h"
#include "engine/export/http/rates_answer.h"
#include "engine/export/page/page_files.h"
#include "engine/export/report/snapshot_json.h"
#include "engine/export/report/stories.h"

namespace floodgauge {
namespace {

constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kReload = "/-/reload";
constexpr std::string_view kIncident = "/api/v1/incidents/";
constexpr std::string_view kApprove = "/approve";
constexpr std::string_view kEvidence = "/evidence";

HttpResponse not_ready() {
  return HttpResponse::error(503, "starting: the first window has not closed yet");
}

HttpResponse wrong_method(const std::string& allowed) {
  HttpResponse response = HttpResponse::error(405, "this path answers " + allowed);
  response.allow = allowed;
  return response;
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
  return HttpResponse::json({{"hosts", list}, {"loss_ratio", rounded_share(snapshot.loss_ratio)}});
}

HttpResponse scans(const EngineSnapshot& snapshot) {
  return HttpResponse::json({{"scans", scans_json(snapshot)}, {"total", snapshot.scans_total}});
}

HttpResponse status(const BuildInfo& build, const EngineSnapshot& snapshot) {
  Json json = {{"version", build.version}, {"revision", build.revision}, {"dpdk", build.dpdk}};
  json.update(status_json(snapshot));
  return HttpResponse::json(json);
}

/// `figures` as server-sent event (HTML Living Standard, 9.2).
std::string figures_event(const std::string& figures) {
  return "event: figures\ndata: " + figures + "\n\n";
}

}  // namespace

HttpResponse WebApi::operator()(const HttpRequest& request) const {
  // A probe asks for health under any name.
  if (request.path == kHealthy || request.path == kReady) return get_only(request);
  const SiteRules rules = options_.site ? options_.site->get() : SiteRules{};
  if (const std::string why = refusal_of_site(request, rules); !why.empty()) {
    return HttpResponse::error(403, why);
  }
  if (request.path == kReload) {
    return request.method == "POST" ? reload() : wrong_method("POST");
  }
  if (request.path.starts_with(kIncident) && request.path.ends_with(kApprove)) {
    return approve_incident(request);
  }
  if (request.path == kAnnounced && request.method == "PUT") {
    return tell_announced(request, options_.board.get());
  }
  return get_only(request);
}

unsigned WebApi::lane(const HttpRequest& request, bool with_history) {
  // An explanation waits for the merging thread too.
  if (changes_something(request) || request.path == "/api/v1/explain") return kChanges;
  const bool may_read =
      request.path.starts_with("/api/v1/incidents") || request.path == "/api/v1/rates";
  const bool from_disk = with_history || request.path.ends_with(kEvidence);
  return from_disk && may_read ? kHistory : 0;
}

HttpResponse WebApi::get_only(const HttpRequest& request) const {
  return changes_something(request)
             ? wrong_method(request.path == kAnnounced ? "GET, HEAD, PUT" : "GET, HEAD")
             : get(request);
}

HttpResponse WebApi::approve_incident(const HttpRequest& request) const {
  if (request.method != "POST") return wrong_method("POST");
  std::string id = request.path.substr(kIncident.size());
  id.resize(id.size() >= kApprove.size() ? id.size() - kApprove.size() : 0);
  return approve(request, id, options_.latest().get(), options_.board.get(), options_.history);
}

HttpResponse WebApi::get(const HttpRequest& request) const {
  if (const PageFile* file = page_file(request.path)) {
    HttpResponse response = HttpResponse::text(std::string(file->text));
    response.content_type = file->content_type;
    response.content_security_policy = kPagePolicy;
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
  constexpr std::string_view kOneIncident = "incidents/";
  if (resource == "incidents") return incident_list(request, *snapshot, options_.history);
  if (resource.starts_with(kOneIncident) && resource.ends_with(kEvidence)) {
    const std::string_view rest = std::string_view(resource).substr(kOneIncident.size());
    const std::size_t id = rest.size() - std::min(rest.size(), kEvidence.size());
    return evidence_answer(rest.substr(0, id), options_.evidence);
  }
  if (resource.starts_with(kOneIncident)) {
    return one_incident(resource.substr(kOneIncident.size()), *snapshot, options_.history);
  }
  if (resource == "rates") return rates_answer(request, *snapshot, options_.history);
  if (resource == "explain") {
    return explain_answer(request, *snapshot, options_.explain, options_.history);
  }
  if (resource == "prefixes") return prefix_list(request, *snapshot);
  if (resource == "hosts") return hosts(request, *snapshot);
  if (resource == "scans") return scans(*snapshot);
  if (resource == "stories") return HttpResponse::json({{"stories", stories_json(*snapshot)}});
  if (resource == "link") {
    if (options_.live == nullptr) return HttpResponse::error(404, "no figures are collected");
    return HttpResponse::json(options_.live->points_json());
  }
  if (request.path == kAnnounced) {
    if (options_.board == nullptr) return HttpResponse::error(404, "nothing can be announced here");
    return HttpResponse::json(options_.board->json());
  }
  if (resource == "events") return events(request);
  if (resource == "status") return status(options_.metrics.build, *snapshot);
  return HttpResponse::error(404, "nothing is served at " + request.path);
}

HttpResponse WebApi::events(const HttpRequest& request) const {
  if (options_.events == nullptr) return HttpResponse::error(404, "no events are streamed");
  HttpResponse response;
  response.content_type = "text/event-stream";
  // A browser tries again after this many milliseconds.
  response.body = "retry: 2000\n\n";
  const bool figures = request.query.contains("figures") && options_.live != nullptr;
  // A page that opens shows them at once, and does not wait for the stream's first turn.
  std::string first = figures ? options_.live->figures() : "";
  if (!first.empty()) response.body += figures_event(first);
  response.stream = [ring = options_.events, live = figures ? options_.live : nullptr,
                     cursor = options_.events->after(request.last_event_id),
                     sent = std::move(first),
                     spoken = std::chrono::steady_clock::now()](std::string& out) mutable {
    const std::size_t before = out.size();
    ring->read(cursor, out);
    if (live != nullptr) {
      std::string now = live->figures();
      if (!now.empty() && now != sent) {
        out += figures_event(now);
        sent = std::move(now);
      }
    }
    // A comment from time to time, so that neither side takes the other for gone.
    const auto time = std::chrono::steady_clock::now();
    if (out.size() == before && time - spoken >= std::chrono::seconds(15)) out += ": \n\n";
    if (out.size() != before) spoken = time;
  };
  return response;
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
