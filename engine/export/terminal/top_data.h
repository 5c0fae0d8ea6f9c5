// Fetches what `top` and `status` show.
#pragma once

#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_view.h"

namespace floodgauge {

/// Asks the API for everything a page may need. Throws NotReachable.
TopData fetch_top(const Url& base);

}  // namespace floodgauge
