// Compares a configuration with the machine: interfaces, programs, folders and memory that it names
// or needs.
#pragma once

#include <string>
#include <vector>

#include "config/loader.h"

namespace floodgauge {

struct MachineFindings {
  std::vector<ConfigError> refused;  ///< `run` would not start
  std::vector<ConfigError> in_vain;  ///< `run` would start, and this would not work
  std::vector<ConfigError> inexact;  ///< it would work, and its figures be estimates
};

/// Looks at the machine as the user of this process sees it.
MachineFindings check_machine(const Settings& settings, const std::string& file,
                              const ConfigPositions& positions);

/// That the interface of a device merges packets before a packet socket sees them; empty when it
/// does not, or has none.
std::string merging_problem(const std::string& device);
/// The same of each port that has such an interface, with the port's name before it.
std::vector<std::string> merging_ports(const Settings& settings);

/// What keeps the hook from being run; empty when nothing does, or there is no hook.
std::string hook_problem(const std::string& program);

}  // namespace floodgauge
