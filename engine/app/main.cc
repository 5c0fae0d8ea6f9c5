// The command line: five commands, each in a file of its own.
#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <string>

#include "config/loader.h"
#include "config/printer.h"
#include "engine/app/build_info.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"
#include "engine/app/replay.h"
#include "engine/app/run.h"
#include "engine/app/signatures.h"
#include "engine/export/status.h"
#include "engine/export/top.h"

namespace floodgauge {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:9733";
constexpr const char* kExitCodes =
    "Exit: 0 done; 1 attacks found, with --fail-on-attack; 2 usage or configuration; 3 input or "
    "port "
    "failed.\nManual: man floodgauge";

/// "max" is 0; "1x", "2.5x" are capture seconds a second.
std::string parse_speed(const std::string& text, double& speed) {
  if (text == "max") {
    speed = 0;
    return "";
  }
  const std::string number = text.substr(0, text.size() - (text.ends_with('x') ? 1 : 0));
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), speed);
  const bool whole = error == std::errc() && end == number.data() + number.size();
  if (!text.ends_with('x') || !whole || !(speed > 0) || speed > 1e6) {
    return "--speed " + text + ": write max, 1x, or another number with an x";
  }
  return "";
}

void add_replay(CLI::App& app, ReplayOptions& options, std::string& speed) {
  CLI::App* command =
      app.add_subcommand("replay", "run captures through the engine, report floods");
  command->add_option("FILE", options.files, "pcap or pcapng, plain or gzip; - is standard input")
      ->required();
  command
      ->add_option("--protect", options.protect,
                   "prefix to watch, may be given again (default: every address that receives)")
      ->allow_extra_args(false);
  command->add_option("-c,--config", options.config, "configuration file (YAML)");
  command->add_option("--workers", options.workers, "worker threads (default 1)")
      ->check(CLI::Range(1, 64));
  command->add_option("--speed", speed, "max, 1x or Nx of the capture's own time")
      ->default_str("max");
  command->add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  command->add_option("--output", options.output, "file for the report (default: standard output)");
  command->add_option("--events", options.events, "file for events, one JSON object a line");
  command->add_option("--listen", options.listen,
                      "ADDR:PORT for metrics, while replaying and after, until interrupted");
  command->add_flag("--fail-on-attack", options.fail_on_attack, "exit 1 when attacks were found");
  command->add_flag("-v,--verbose", options.verbose, "more of everything in the text report");
  command->add_option("--seed", options.seed, "fixes the hash key (default: drawn at start)");
  command->footer(std::string("Examples:\n  floodgauge replay attack.pcap\n  floodgauge replay "
                              "evening.pcap.gz --protect 198.51.100.0/24 --format json\n") +
                  kExitCodes);
}

void add_run(CLI::App& app, RunOptions& options) {
  CLI::App* command = app.add_subcommand("run", "watch the ports of a configuration (daemon)");
  command->add_option("-c,--config", options.config, "configuration file (YAML)")->required();
  command->add_option("--log-format", options.log_format, "text or json, on standard error")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  command->add_option("EAL", options.eal_arguments, "after --: arguments for DPDK's EAL");
  command->footer(std::string("SIGHUP reads the configuration again; SIGTERM stops.\n"
                              "Examples:\n  floodgauge run -c link.yaml\n  floodgauge run -c "
                              "link.yaml --log-format json -- --lcores 0@0\n") +
                  kExitCodes);
}

int check_config(const std::string& path, bool print) {
  LoadResult loaded = load_config(path);
  if (loaded.settings) {
    load_signatures(*loaded.settings, loaded.errors);
    if (!loaded.errors.empty()) loaded.settings.reset();
  }
  for (const ConfigError& warning : loaded.warnings) std::cerr << warning.text() << "\n";
  if (!loaded.settings) {
    std::cerr << config_errors_text(loaded.errors) << "\n";
    return kExitUsage;
  }
  if (print) {
    std::cout << print_config(*loaded.settings);
  } else {
    std::cout << path << ": good\n";
  }
  return kExitDone;
}

int show_overview(const CLI::App& app) {
  std::cout << "floodgauge finds floods in network traffic.\n\n";
  for (const CLI::App* command : app.get_subcommands({})) {
    std::cout << "  floodgauge " << command->get_name()
              << std::string(10 - command->get_name().size(), ' ') << command->get_description()
              << "\n";
  }
  std::cout << "\nTry first: floodgauge replay CAPTURE.pcap\n"
               "More: floodgauge COMMAND --help, man floodgauge\n";
  return kExitDone;
}

int run_command_line(int argc, char** argv) {
  CLI::App app("floodgauge: finds floods in network traffic", "floodgauge");
  const BuildInfo build = build_info();
  app.set_version_flag(
      "--version", "floodgauge " + build.version + " (" + build.revision + ", " + build.dpdk + ")");
  app.require_subcommand(0, 1);

  ReplayOptions replay;
  std::string speed = "max";
  add_replay(app, replay, speed);

  RunOptions run;
  add_run(app, run);

  std::string config;
  bool print = false;
  CLI::App* check = app.add_subcommand("check", "validate a configuration, print what it means");
  check->add_option("-c,--config", config, "configuration file (YAML)")->required();
  check->add_flag("--print", print, "print the effective configuration as YAML");
  check->footer(std::string("Examples:\n  floodgauge check -c link.yaml\n  floodgauge check -c "
                            "link.yaml --print\n") +
                kExitCodes);

  std::string url = kDefaultUrl;
  std::string format = "text";
  CLI::App* status = app.add_subcommand("status", "ask a running daemon how it is");
  status->add_option("--url", url, "where it listens")->default_str(kDefaultUrl);
  status->add_option("--format", format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  CLI::App* top = app.add_subcommand("top", "watch a running daemon, live");
  top->add_option("--url", url, "where it listens")->default_str(kDefaultUrl);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  if (app.got_subcommand("replay")) {
    const std::string wrong = parse_speed(speed, replay.speed);
    if (!wrong.empty()) {
      std::cerr << wrong << "\n";
      return kExitUsage;
    }
    return run_replay(replay);
  }
  if (app.got_subcommand("run")) return run_daemon(run);
  if (check->parsed()) return check_config(config, print);
  if (status->parsed()) return run_status(url, format, stdout);
  if (top->parsed()) return run_top(url);
  return show_overview(app);
}

}  // namespace
}  // namespace floodgauge

int main(int argc, char** argv) {
  try {
    return floodgauge::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "floodgauge: " << error.what() << "\n";
    return floodgauge::kExitInput;
  }
}
