// `floodgauge check`: says what is wrong with a configuration, what `run` would refuse on this
// machine, and what it would use in vain.
#pragma once

#include <string>

namespace floodgauge {

struct CheckOptions {
  std::string config;  ///< path
  std::string policy;  ///< path of a policy of `announce`, in place of a configuration
  bool print = false;  ///< print the effective configuration
};

/// Runs the command; returns an ExitCode. Errors of the configuration are errors everywhere; what
/// only this machine lacks is a warning, since a configuration may be checked on another machine
/// than its sensor.
int run_check(const CheckOptions& options);

}  // namespace floodgauge
