// `floodgauge status`: how a running daemon is, once.
#pragma once

#include <cstdio>
#include <string>

namespace floodgauge {

/// Asks the daemon at `url` and writes to `out`: `format` "json" is /api/v1/status as it came,
/// "text" is for people. 0; or 3, with the reason on standard error, when the daemon gives no
/// answer.
int run_status(const std::string& url, const std::string& format, std::FILE* out);

}  // namespace floodgauge
