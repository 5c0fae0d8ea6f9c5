// `floodgauge run`: the daemon on live ports.
#pragma once

#include <string>
#include <vector>

namespace floodgauge {

struct RunOptions {
  std::string config;
  std::string log_format = "text";
  std::vector<std::string> eal_arguments;
};

/// Runs the command; returns an ExitCode. Logs to standard error.
///
/// For tests, the environment variable FLOODGAUGE_TEST_STALL_MERGE="AFTER,SECONDS" stops the merge
/// thread once, AFTER seconds from the start, for SECONDS. Forwarding must go on meanwhile.
int run_daemon(const RunOptions& options);

}  // namespace floodgauge
