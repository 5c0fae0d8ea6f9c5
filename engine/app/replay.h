// `floodgauge replay`: captures through the engine, in their own time, and a report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace floodgauge {

struct ReplayOptions {
  std::vector<std::string> files;    ///< "-" is standard input
  std::string config;                ///< path; empty: defaults
  std::vector<std::string> protect;  ///< prefixes, beside the configuration's
  std::optional<unsigned> workers;
  double speed = 0;  ///< capture seconds a second; 0: as fast as it goes
  std::string format = "text";
  std::string output;  ///< path; empty: standard output
  std::string events;
  std::string listen;
  bool fail_on_attack = false;
  bool verbose = false;
  std::optional<std::uint64_t> seed;
};

/// The whole command; returns an ExitCode. Messages go to standard error.
int run_replay(const ReplayOptions& options);

}  // namespace floodgauge
