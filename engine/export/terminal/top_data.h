// Fetches what `top` and `status` show.
#pragma once

#include <vector>

#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_view.h"

namespace floodgauge {

/// Fetches from the API what all pages need: of closed incidents the latest alone. With several
/// daemons each row has a member `sensor`, and a daemon that does not answer is named in
/// `troubles`. Throws NotReachable when none answers.
TopData fetch_top(const std::vector<Url>& daemons);

}  // namespace floodgauge
