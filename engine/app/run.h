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

/// The whole command; returns an ExitCode. Logs to standard error.
///
/// FLOODGAUGE_TEST_STALL_MERGE="AFTER,SECONDS" in the environment stops the thread that merges and
/// detects once, AFTER seconds from the start, for SECONDS: to see that forwarding goes on.
int run_daemon(const RunOptions& options);

}  // namespace floodgauge
