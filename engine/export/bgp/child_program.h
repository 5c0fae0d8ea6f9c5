// Runs a program to its end, with bounded time and output.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace floodgauge {

struct ProgramResult {
  std::string wrong;   ///< why it could not be run, or how it ended; empty after exit status 0
  std::string output;  ///< standard output and standard error, at most kMostProgramOutput bytes
};

constexpr std::size_t kMostProgramOutput = std::size_t{4} << 20;

/// Runs `arguments[0]`, searched for in PATH, with `input` on its standard input. It inherits no
/// other descriptor. After `patience` it is killed with its children.
ProgramResult run_program(const std::vector<std::string>& arguments, const std::string& input,
                          std::chrono::milliseconds patience);

}  // namespace floodgauge
