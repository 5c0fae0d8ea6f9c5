// `floodgauge explain`: why a target is, or is not, called a flood, from a running daemon, a replay
// that listens, or a history file.
#pragma once

#include <cstdio>
#include <string>

#include "config/settings.h"

namespace floodgauge {

struct ExplainOptions {
  std::string target;
  std::string url;
  std::string password_file;
  std::string history;  ///< path; not empty: the file is read, and no daemon is asked
  std::string at;       ///< RFC 3339, or how long ago; empty: now
  std::string format = "text";
  bool utc = false;
  bool verbose = false;
  /// With `history`: the limits to compare with, and where they come from.
  Settings settings{};
  std::string limits_from = "the default limits";
};

/// Writes to `out`. Returns 0; 2 for a target that is not protected or a malformed time; 3, with
/// the reason on standard error, when the daemon does not answer or the file cannot be read.
int run_explain(const ExplainOptions& options, std::FILE* out);

}  // namespace floodgauge
