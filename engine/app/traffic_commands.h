// The commands about one's own traffic, on the command line: `explain` and `tune`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "engine/export/terminal/explain.h"
#include "engine/export/terminal/status.h"

namespace floodgauge {

struct ExplainCommand {
  ExplainOptions options;
  AskOptions ask;
  std::string config;  ///< path; the limits to compare a history with
};

void add_explain(CLI::App& app, ExplainCommand& command);
/// Returns the exit code.
int show_explanation(ExplainCommand& command);

}  // namespace floodgauge
