// Why a command gave up: one line for the user, and the exit code that goes with it.
#pragma once

#include <string>

#include "engine/app/exit_code.h"

namespace floodgauge {

/// Thrown by the parts of a command, caught where the command ends.
struct Refusal {
  std::string message;
  int exit_code = kExitUsage;
};

}  // namespace floodgauge
