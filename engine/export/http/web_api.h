// The paths that are served: metrics, health, and the API under /api/v1 (deploy/openapi.yaml).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "detectors/explainer.h"
#include "engine/export/events/event_ring.h"
#include "engine/export/http/announced_board.h"
#include "engine/export/http/http_message.h"
#include "engine/export/http/same_site.h"
#include "engine/export/metrics/control_metrics.h"
#include "engine/export/metrics/metrics.h"
#include "engine/export/page/live_figures.h"

namespace floodgauge {

class WebApi {
 public:
  static constexpr const char* kHealthy = "/-/healthy";
  static constexpr const char* kReady = "/-/ready";
  static constexpr const char* kAnnounced = "/api/v1/announced";

  struct Options {
    SnapshotSource latest;
    MetricsInput metrics;
    /// Reloads the configuration. The result is empty, or the reason of the failure. Where it is
    /// not set, POST /-/reload is answered with 403.
    std::function<std::string()> reload;
    /// Why a target is, or is not, called a flood. Where it is not set, nobody answers.
    std::function<ExplainAnswer(const std::string& target)> explain = {};
    std::string history = {};   ///< path of the history's database; empty: none
    std::string evidence = {};  ///< folder of the captures of incidents; empty: none
    /// What the event stream sends; null where there is none.
    std::shared_ptr<const EventRing> events = nullptr;
    std::shared_ptr<const LiveFigures> live = nullptr;
    /// What announcers tell; null where nothing can be announced.
    std::shared_ptr<AnnouncedBoard> board = nullptr;
    std::shared_ptr<const LiveSiteRules> site = nullptr;  ///< null: a change needs an own name
  };

  /// `control` is served with the snapshot's metrics and must outlive the API.
  WebApi(Options options, ControlMetrics& control)
      : options_(std::move(options)), control_(control), spare_(std::make_shared<SpareText>()) {}

  HttpResponse operator()(const HttpRequest& request) const;

  /// The server's lanes (HttpServer::Options::lane): what changes something may wait for the
  /// merging thread, and the history's database and captures for the disk.
  static constexpr unsigned kChanges = 1;
  static constexpr unsigned kHistory = 2;
  /// `with_history`: the API reads a database.
  static unsigned lane(const HttpRequest& request, bool with_history);

 private:
  HttpResponse get_only(const HttpRequest& request) const;
  HttpResponse approve_incident(const HttpRequest& request) const;
  HttpResponse get(const HttpRequest& request) const;
  HttpResponse health(bool of_readiness) const;
  HttpResponse metrics() const;
  HttpResponse reload() const;
  HttpResponse events(const HttpRequest& request) const;
  HttpResponse api(const HttpRequest& request, const std::string& resource) const;

  /// Memory of an answered scrape, reused for the next one. For a large network it is tens of MiB,
  /// and allocating them takes as long as writing them.
  struct SpareText {
    std::mutex lock;
    std::string text;
  };

  Options options_;
  ControlMetrics& control_;
  std::shared_ptr<SpareText> spare_;
};

}  // namespace floodgauge
