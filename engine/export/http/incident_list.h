// GET /api/v1/incidents and /api/v1/incidents/ID: what the sensor remembers and what its history
// has, as one list.
#pragma once

#include <string>

#include "engine/export/http/http_message.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// A page of the list. Query: state (open, closed), since and until (RFC 3339), order (start: the
/// oldest first; latest), limit (1 to 10000, default 1000), after (the id in `next` of the page
/// before). `history`: path of the database; empty: none. A history that cannot be read is told in
/// `history_error`, and the sensor's own incidents are listed.
HttpResponse incident_list(const HttpRequest& request, const EngineSnapshot& snapshot,
                           const std::string& history);

/// `resource` is ID, or ID/rate: packets a second, evenly spaced from its start to its end.
HttpResponse one_incident(const std::string& resource, const EngineSnapshot& snapshot,
                          const std::string& history);

}  // namespace floodgauge
