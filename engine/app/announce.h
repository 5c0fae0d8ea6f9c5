// `floodgauge announce`: keeps a BGP speaker's routes equal to what the open incidents of a sensor
// ask for. A process of its own, so that BGP never touches the data path.
#pragma once

#include <string>

namespace floodgauge {

struct AnnounceOptions {
  std::string policy;         ///< path of the policy
  std::string url;            ///< where the sensor listens
  std::string password_file;  ///< path; empty: none
};

/// Runs until it is interrupted, and then withdraws what it announced. Returns an ExitCode. Logs to
/// standard error; with ExaBGP, standard input and output belong to ExaBGP.
int run_announce(const AnnounceOptions& options);

/// Checks a policy and says what is wrong. Returns an ExitCode.
int check_policy(const std::string& path);

}  // namespace floodgauge
