// Starting other programs, for whatever runs them: hooks, clients of BGP speakers.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace floodgauge {

/// The descriptors of a child's standard input, output and error. It inherits no others.
struct ChildFiles {
  int input = -1;
  int output = -1;
  int error = -1;
};

/// Where `arguments[0]` is looked for when it has no slash.
enum class ProgramSearch { current_folder, path_variable };

/// Starts a program, without a shell, in a process group of its own and with default signal
/// settings. `environment`: "NAME=value" each. Returns 0 or an errno; without an error, the caller
/// waits for `child`.
int spawn_child(std::vector<std::string> arguments, std::vector<std::string> environment,
                const ChildFiles& files, ProgramSearch search, pid_t& child);

/// The environment of this process.
std::vector<std::string> own_environment();

/// A status from waitpid(2) as text; empty for exit status 0.
std::string ending_text(int status);

/// Milliseconds until `deadline`, rounded up and at least 0, for poll(2).
int poll_timeout(std::chrono::steady_clock::time_point deadline);

}  // namespace floodgauge
