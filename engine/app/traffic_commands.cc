#include "engine/app/traffic_commands.h"

#include <iostream>

#include "config/loader.h"
#include "engine/app/command_parts.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"

namespace floodgauge {

void add_explain(CLI::App& app, ExplainCommand& explain) {
  CLI::App* command =
      app.add_subcommand("explain", "say why a target is, or is not, called a flood");
  command
      ->add_option("TARGET", explain.options.target,
                   "a host, a protected prefix, or the name of one")
      ->type_name("")
      ->required();
  add_asking(*command, explain.ask, false);
  command
      ->add_option("--history", explain.options.history,
                   "ask this file (export.history), and no daemon:\nof TIME, or of when it was "
                   "nearest to a limit")
      ->type_name("FILE")
      ->excludes("--url");
  command
      ->add_option(
          "-c,--config", explain.config,
          "with --history: whose limits it is compared with\n(default: the default limits)")
      ->type_name("CONFIG")
      ->needs("--history");
  command
      ->add_option("--at", explain.options.at,
                   "from what the history keeps of that minute: 90m,\n1d ago, or a time (RFC 3339)")
      ->type_name("TIME");
  add_format(*command, explain.options.format);
  command->add_flag("-v,--verbose", explain.options.verbose, "every measure, also what is 0");
  command->footer(
      footer("  floodgauge explain 198.51.100.7\n"
             "  floodgauge explain 198.51.100.7 --history /var/lib/floodgauge/history.db\n"));
}

int show_explanation(ExplainCommand& explain) {
  ExplainOptions& options = explain.options;
  options.url = explain.ask.urls.empty() ? kDefaultUrl : explain.ask.urls.front();
  options.password_file = explain.ask.password_file;
  options.utc = explain.ask.utc;
  if (!explain.config.empty()) {
    LoadResult loaded = load_config(explain.config);
    if (!loaded.errors.empty()) {
      std::cerr << config_errors_text(loaded.errors, "") << "\n";
      return kExitUsage;
    }
    options.settings = std::move(*loaded.settings);
    options.limits_from = "the limits of " + explain.config;
  }
  return run_explain(options, stdout);
}

}  // namespace floodgauge
