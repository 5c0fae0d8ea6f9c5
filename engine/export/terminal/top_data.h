// Fetches what `top` and `status` show.
#pragma once

#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_view.h"

namespace floodgauge {

/// Fetches from the API what all pages need. Throws NotReachable.
TopData fetch_top(const Url& base);

}  // namespace floodgauge
