// What changes something in the sensor: a person approves an incident, an announcer tells what
// stands. Both need a user and a password, and are refused to the pages of other sites.
#pragma once

#include <string>

#include "engine/export/http/announced_board.h"
#include "engine/export/http/http_message.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// POST /api/v1/incidents/ID/approve: the answer is the incident.
HttpResponse approve(const HttpRequest& request, const std::string& id,
                     const EngineSnapshot* snapshot, AnnouncedBoard* board,
                     const std::string& history);

/// PUT /api/v1/announced.
HttpResponse tell_announced(const HttpRequest& request, AnnouncedBoard* board);

}  // namespace floodgauge
