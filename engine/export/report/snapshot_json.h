// The parts of a snapshot as JSON, for the report and the API alike.
#pragma once

#include "engine/export/report/incident_json.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Packets by protocol, and malformed ones by reason (only reasons that occurred).
Json parse_json(const ParseCounts& parse);

/// What a prefix has seen since the start.
Json prefix_totals_json(const PrefixSnapshot& prefix);

/// The same, and its last window and services.
Json prefix_live_json(const PrefixSnapshot& prefix);

/// A host of `snapshot` in its last window.
Json host_json(const HostSnapshot& host, const EngineSnapshot& snapshot);

/// Clock, totals, workers, ports: the state of the daemon itself.
Json status_json(const EngineSnapshot& snapshot);

}  // namespace floodgauge
