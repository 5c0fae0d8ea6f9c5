// The commands about one's own traffic, on the command line: `explain` and `tune`.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/export/terminal/explain.h"
#include "engine/export/terminal/status.h"

namespace floodgauge {

struct ExplainCommand {
  ExplainOptions options;
  AskOptions ask;
  std::string config;  ///< path; the limits to compare a history with
};

struct TuneCommand {
  std::vector<std::string> captures;
  std::string history;  ///< path; empty: the captures are read
  std::string config;   ///< path; empty: the default limits
  std::string format = "text";
  double headroom = 2;
};

void add_explain(CLI::App& app, ExplainCommand& command);
void add_tune(CLI::App& app, TuneCommand& command);
/// Returns an ExitCode.
int propose_limits(const TuneCommand& command);
/// Returns an ExitCode.
int show_explanation(ExplainCommand& command);

}  // namespace floodgauge
