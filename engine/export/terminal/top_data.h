// Fetches what `top` and `status` show.
#pragma once

#include <string>
#include <vector>

#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top_view.h"

namespace floodgauge {

/// What of the API is fetched. The default is all that any page shows.
struct TopNeed {
  std::string prefixes = "/api/v1/prefixes";
  bool hosts = true;
  bool closed = true;  ///< the latest closed incidents

  bool operator==(const TopNeed&) const = default;
};

/// What a page shows. Of very many prefixes those that come first in its order are enough, and
/// spare the sensor work, unless the user searches among all of them.
TopNeed need_of(const TopView& view);

/// Fetches from the API, of closed incidents the latest alone. With several daemons each row has a
/// member `sensor`, and a daemon that does not answer is named in `troubles`. Throws NotReachable
/// when none answers.
TopData fetch_top(const std::vector<Url>& daemons, const TopNeed& need = {});

}  // namespace floodgauge
