// `floodgauge status`: prints the state of running daemons once.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace floodgauge {

struct AskOptions {
  std::vector<std::string> urls;   ///< of daemons; at least one
  std::string password_file = "";  ///< as in client_url()
  std::string format = "text";
  bool utc = false;
};

/// Asks the daemons and writes the answer to `out`: with `format` "json" the unchanged answer of
/// /api/v1/status of the first, with "text" a page for people, which names each open incident.
/// Returns 0; or 3, with the reason on standard error, when no daemon answers.
int run_status(const AskOptions& options, std::FILE* out);

}  // namespace floodgauge
