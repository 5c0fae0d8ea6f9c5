// Exit codes of the commands.
#pragma once

namespace floodgauge {

enum ExitCode : int {
  kExitDone = 0,
  kExitAttack = 1,  ///< replay --fail-on-attack: attacks were found
  kExitUsage = 2,   ///< usage or configuration
  kExitInput = 3,   ///< the input or a port failed
};

}  // namespace floodgauge
