#include "engine/export/http/actions.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "engine/export/http/incident_list.h"

namespace floodgauge {
namespace {

Nanoseconds utc_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

/// Why the request may change nothing; nothing when it may.
std::optional<HttpResponse> refused(const HttpRequest& request, const AnnouncedBoard* board) {
  if (request.user.empty()) {
    return HttpResponse::error(403,
                               "this needs a user and a password: name them in a file under "
                               "basic_auth_users, and set export.web_config to its path");
  }
  if (board == nullptr) return HttpResponse::error(404, "nothing can be announced here");
  return std::nullopt;
}

}  // namespace

HttpResponse approve(const HttpRequest& request, const std::string& id,
                     const EngineSnapshot* snapshot, AnnouncedBoard* board,
                     const std::string& history) {
  if (auto refusal = refused(request, board)) return *refusal;
  if (snapshot == nullptr) {
    return HttpResponse::error(503, "starting: the first window has not closed yet");
  }
  const auto found = std::find_if(snapshot->incidents.begin(), snapshot->incidents.end(),
                                  [&](const auto& incident) { return incident->id == id; });
  if (found == snapshot->incidents.end()) {
    return HttpResponse::error(404, "no incident " + id + " is open");
  }
  if (!(*found)->open) return HttpResponse::error(409, "incident " + id + " is closed");
  if ((*found)->kind != IncidentKind::flood) {
    return HttpResponse::error(409, "incident " + id + " is no flood: nothing is announced for it");
  }
  board->approve(id, request.user, utc_now());
  // The snapshot was made before the approval.
  Incident approved = **found;
  board->add_to(approved);
  EngineSnapshot only;
  only.incidents.push_back(std::make_shared<const Incident>(std::move(approved)));
  return one_incident(id, only, history);
}

HttpResponse tell_announced(const HttpRequest& request, AnnouncedBoard* board) {
  if (auto refusal = refused(request, board)) return *refusal;
  if (const std::string wrong = board->tell(request.body); !wrong.empty()) {
    return HttpResponse::error(400, wrong);
  }
  return HttpResponse::json(board->json());
}

}  // namespace floodgauge
