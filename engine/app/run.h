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
/// FLOODGAUGE_TEST_FAIL_WORKER="WORKER" throws in that worker's thread. The daemon must then stop
/// in an orderly way, with the reason, and return kExitInput.
int run_daemon(const RunOptions& options);

}  // namespace floodgauge
