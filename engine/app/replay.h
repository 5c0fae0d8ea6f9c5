// `floodgauge replay`: runs captures through the engine in capture time, and reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace floodgauge {

struct ReplayOptions {
  std::vector<std::string> files;          ///< "-" is standard input
  std::string config;                      ///< path; empty: defaults
  std::vector<std::string> protect;        ///< prefixes, in addition to those of the configuration
  std::vector<std::string> protect_files;  ///< files of further prefixes
  std::optional<unsigned> workers;
  double speed = 0;  ///< capture seconds for each second; 0: as fast as possible
  std::string format = "text";
  std::string output;  ///< path; empty: standard output
  std::string events;
  std::string listen;
  std::string history;         ///< path; empty: none
  std::string html;            ///< path; empty: none
  std::string evidence;        ///< folder; empty: none
  bool anonymise = false;      ///< of the evidence: its addresses are replaced
  std::uint32_t sampling = 1;  ///< one packet in so many is in the captures
  bool fail_on_attack = false;
  bool verbose = false;
  std::optional<std::uint64_t> seed;
};

/// Runs the command; returns an ExitCode. Messages go to standard error.
int run_replay(const ReplayOptions& options);

}  // namespace floodgauge
