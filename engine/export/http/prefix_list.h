// GET /api/v1/prefixes: the protected prefixes with their rates.
#pragma once

#include "engine/export/http/http_message.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Query: limit (1 to 1,000,000, default all); after (the last prefix of the page before), in the
/// order of the snapshot; or order (pps_in, bps_in, new_flows_per_second or syn_per_second, the
/// greatest first, or prefix, by its text), of which there is one page alone. `total` is how many
/// prefixes there are.
HttpResponse prefix_list(const HttpRequest& request, const EngineSnapshot& snapshot);

}  // namespace floodgauge
