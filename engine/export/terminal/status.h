// `floodgauge status`: prints the state of a running daemon once.
#pragma once

#include <cstdio>
#include <string>

namespace floodgauge {

/// Asks the daemon at `url` and writes the answer to `out`: with `format` "json" the unchanged
/// answer of /api/v1/status, with "text" a page for people. Returns 0; or 3, with the reason on
/// standard error, when the daemon does not answer.
int run_status(const std::string& url, const std::string& format, std::FILE* out);

}  // namespace floodgauge
