// The parts of a snapshot as JSON, for the report and for the API.
#pragma once

#include "engine/export/report/incident_json.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Packets by protocol, and malformed ones by reason (only reasons that occurred).
Json parse_json(const ParseCounts& parse, const Unopened& unopened);

/// The traffic of a prefix since the start.
Json services_json(const std::vector<ServiceSnapshot>& services);
Json prefix_totals_json(const PrefixSnapshot& prefix);

/// The same, with the rates of the last window and the prefix's services.
Json prefix_live_json(const PrefixSnapshot& prefix);

/// A host of `snapshot` with its rates in the last window.
Json host_json(const HostSnapshot& host, const EngineSnapshot& snapshot);

/// The scans that are told, as the report and the API list them.
Json scans_json(const EngineSnapshot& snapshot);

/// Clock, totals, workers, ports: the state of the daemon itself.
Json status_json(const EngineSnapshot& snapshot);

}  // namespace floodgauge
