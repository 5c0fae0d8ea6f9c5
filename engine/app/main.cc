// The command line: its commands, each in its own file.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "config/import/fastnetmon.h"
#include "engine/app/announce.h"
#include "engine/app/build_info.h"
#include "engine/app/check.h"
#include "engine/app/command_parts.h"
#include "engine/app/completion.h"
#include "engine/app/exit_code.h"
#include "engine/app/replay.h"
#include "engine/app/run.h"
#include "engine/app/suggestions.h"
#include "engine/app/traffic_commands.h"
#include "engine/export/terminal/incidents.h"
#include "engine/export/terminal/status.h"
#include "engine/export/terminal/top.h"

namespace floodgauge {
namespace {

/// Parses "max" to 0, and "1x" or "2.5x" to capture seconds for each second. Returns what is wrong,
/// or an empty text.
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

std::string parse_seed(const std::string& text, std::optional<std::uint64_t>& seed) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return "--seed " + text + ": write a whole number, 0 to 18446744073709551615";
  }
  seed = number;
  return "";
}

void add_replay(CLI::App& app, ReplayOptions& options, std::string& speed, std::string& seed) {
  CLI::App* command =
      app.add_subcommand("replay", "run captures through the engine, report floods");
  command
      ->add_option(
          "FILE", options.files,
          "pcap or pcapng, plain or compressed (gzip,\nzstd, xz, lz4); - is standard input")
      ->type_name("")
      ->required();
  command
      ->add_option("--protect", options.protect,
                   "watch it; may be given again (default: every\naddress that receives traffic)")
      ->type_name("PREFIX")
      ->allow_extra_args(false);
  command
      ->add_option("--protect-file", options.protect_files,
                   "watch the prefixes in it, one a line; may be\ngiven again")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("-c,--config", options.config, "configuration (YAML)")->type_name("FILE");
  command->add_option("--workers", options.workers, "threads that count, 1 to 64 (default: 1)")
      ->type_name("N")
      ->check(CLI::Range(1, 64).description(""));
  command->add_option("--speed", speed, "times the capture's own speed")
      ->type_name("max|1x|Nx")
      ->default_str("max");
  add_format(*command, options.format);
  command->add_option("--output", options.output, "for the report (default: standard output)")
      ->type_name("FILE");
  command->add_option("--events", options.events, "for events, one JSON object a line")
      ->type_name("FILE");
  command
      ->add_option("--html", options.html,
                   "the report as a page with charts, in one file that\nopens without a server")
      ->type_name("FILE");
  command
      ->add_option("--evidence", options.evidence,
                   "a capture of each incident's packets there, with\nwhat it is of")
      ->type_name("DIR");
  command->add_flag(
      "--anonymise", options.anonymise,
      "of --evidence: replaces addresses, keeps their\nprefixes, and cuts off payloads");
  command
      ->add_option("--history", options.history,
                   "keep incidents and rates in this database,\nfor floodgauge incidents")
      ->type_name("FILE");
  command
      ->add_option("--listen", options.listen,
                   "serve metrics there, while replaying and\nafter, until interrupted")
      ->type_name("ADDR:PORT");
  command
      ->add_option("--sampling", options.sampling,
                   "one packet in so many was captured: scales\nrates, counts and limits")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000).description(""));
  command->add_flag("--fail-on-attack", options.fail_on_attack, "exit 1 when attacks were found");
  command->add_flag("-v,--verbose", options.verbose, "more of everything in the text report");
  command->add_option("--seed", seed, "fixes the hash key (default: drawn at start)")
      ->type_name("N");
  command->footer(
      footer("  floodgauge replay attack.pcap\n"
             "  floodgauge replay evening.pcap.gz --protect 198.51.100.0/24 --format json\n"
             "  tail -c +1 -f growing.pcap | floodgauge replay -\n"));
}

void add_run(CLI::App& app, RunOptions& options) {
  CLI::App* command = app.add_subcommand("run", "watch the ports of a configuration (daemon)");
  command->add_option("-c,--config", options.config, "configuration (YAML)")
      ->type_name("FILE")
      ->required();
  command->add_option("--log-format", options.log_format, "of the log, on standard error")
      ->type_name("text|json")
      ->check(one_of({"text", "json"}))
      ->default_str("text");
  command->add_option("EAL", options.eal_arguments, "after --: arguments for DPDK's EAL")
      ->type_name("");
  command->footer("SIGHUP reads the configuration again; SIGTERM stops.\n" +
                  footer("  floodgauge run -c link.yaml\n"
                         "  floodgauge run -c link.yaml --log-format json -- --lcores 0@0\n"));
}

void add_announce(CLI::App& app, AnnounceOptions& options) {
  CLI::App* command =
      app.add_subcommand("announce", "keep a BGP speaker's routes equal to what incidents ask for");
  command->add_option("-c,--config", options.policy, "policy (YAML)")
      ->type_name("POLICY")
      ->required();
  command->add_option("--url", options.url, "where the sensor listens, its export.listen")
      ->type_name("URL")
      ->default_str(kDefaultUrl);
  add_password_file(*command, options.password_file);
  command->footer("SIGTERM withdraws what was announced, and stops.\n" +
                  footer("  floodgauge announce -c policy.yaml\n"
                         "  floodgauge announce -c policy.yaml --password-file sensor.user\n"));
}

void add_check(CLI::App& app, CheckOptions& options) {
  CLI::App* command = app.add_subcommand("check", "validate a configuration, print what it means");
  CLI::Option* config =
      command->add_option("-c,--config", options.config, "configuration (YAML)")->type_name("FILE");
  command->add_option("--policy", options.policy, "policy of announce (YAML), in its place")
      ->type_name("POLICY")
      ->excludes(config);
  command->require_option(1, 0);
  command->add_flag("--print", options.print, "print the effective configuration as YAML");
  command->footer(
      footer("  floodgauge check -c link.yaml\n  floodgauge check -c link.yaml --print\n"));
}

void add_status_and_top(CLI::App& app, AskOptions& options) {
  CLI::App* status = app.add_subcommand("status", "ask a running daemon how it is");
  CLI::App* top = app.add_subcommand("top", "watch a running daemon, live");
  for (CLI::App* command : {status, top}) {
    add_asking(*command, options, command == top);
    const std::string first = "  floodgauge " + command->get_name();
    command->footer(footer(first + "\n" + first + " --url http://[::1]:9733\n"));
  }
  add_format(*status, options.format);
}

struct IncidentsCommand {
  IncidentsOptions options;
  AskOptions ask;
};

void add_incidents(CLI::App& app, IncidentsCommand& incidents) {
  CLI::App* command =
      app.add_subcommand("incidents", "list incidents, open and closed, or show one");
  command->add_option("ID", incidents.options.id, "show this one whole")->type_name("");
  add_asking(*command, incidents.ask, false);
  command
      ->add_option("--history", incidents.options.history,
                   "read this file (export.history), and ask no daemon")
      ->type_name("FILE")
      ->excludes("--url");
  command
      ->add_option("--since", incidents.options.since,
                   "only those that lasted until then: 90m, 1d ago, or\na time (RFC 3339)")
      ->type_name("TIME");
  command
      ->add_option("--format", incidents.options.format,
                   "text, json, csv; of floods also fingerprint (DDoS\n"
                   "Clearing House) and misp (an event of MISP)")
      ->type_name("FORMAT")
      ->check(one_of({"text", "json", "csv", "fingerprint", "misp"}))
      ->default_str("text");
  command->footer(
      footer("  floodgauge incidents --since 1d\n"
             "  floodgauge incidents --history /var/lib/floodgauge/history.db --format csv\n"));
}

int show_incidents(IncidentsCommand& incidents) {
  incidents.options.url = incidents.ask.urls.empty() ? kDefaultUrl : incidents.ask.urls.front();
  incidents.options.password_file = incidents.ask.password_file;
  incidents.options.utc = incidents.ask.utc;
  return run_incidents(incidents.options, stdout);
}

struct ImportOptions {
  std::string from;
  std::string file = "/etc/fastnetmon.conf";
};

void add_import(CLI::App& app, ImportOptions& options) {
  CLI::App* command =
      app.add_subcommand("import", "print a configuration made from another product's");
  command->add_option("FROM", options.from, "the product")
      ->type_name("fastnetmon")
      ->required()
      ->check(one_of({"fastnetmon"}));
  command->add_option("FILE", options.file, "its configuration")
      ->type_name("")
      ->default_str("/etc/fastnetmon.conf");
  command->footer(
      footer("  floodgauge import fastnetmon >floodgauge.yaml\n"
             "  floodgauge import fastnetmon old/fastnetmon.conf\n"));
}

int import_config(const ImportOptions& options) {
  const FastnetmonImport made = import_fastnetmon(options.file);
  if (!made.error.empty()) {
    std::cerr << made.error << "\n";
    return kExitInput;
  }
  std::cout << made.yaml;
  return kExitDone;
}

/// Not listed by `--help`: packages and people who build from source install what it prints.
void add_completion(CLI::App& app, std::string& shell) {
  CLI::App* command = app.add_subcommand("completion", "print a shell's completion script");
  command->group("");
  command->add_option("SHELL", shell, "the shell")
      ->type_name("bash|zsh|fish")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}));
}

int show_overview(const CLI::App& app) {
  std::cout << "floodgauge finds floods in network traffic.\n\n";
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_group().empty()) continue;
    std::cout << "  floodgauge " << command->get_name()
              << std::string(11 - command->get_name().size(), ' ') << command->get_description()
              << "\n";
  }
  std::cout << "\nTry first: floodgauge replay CAPTURE.pcap\n"
               "More: floodgauge COMMAND --help, man floodgauge\n";
  return kExitDone;
}

/// The arguments, last first, as CLI::App::parse takes them. `help` and `version` are options that
/// people write as commands: `help replay` becomes `replay --help`.
std::vector<std::string> plain_words(int argc, char** argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words[0] == "version") words[0] = "--version";
  if (!words.empty() && words[0] == "help") {
    words.erase(words.begin());
    if (!words.empty()) words.push_back("--help");
  }
  std::reverse(words.begin(), words.end());
  return words;
}

int run_command_line(int argc, char** argv) {
  CLI::App app("floodgauge: finds floods in network traffic", "floodgauge");
  const BuildInfo build = build_info();
  app.set_version_flag("-V,--version", "floodgauge " + build.version + " (" + build.revision +
                                           ", " + build.dpdk + ")");
  app.require_subcommand(0, 1);

  app.failure_message(failure_text);

  ReplayOptions replay;
  std::string speed = "max";
  std::string seed;
  add_replay(app, replay, speed, seed);

  RunOptions run;
  add_run(app, run);

  CheckOptions check;
  add_check(app, check);

  AskOptions ask;
  add_status_and_top(app, ask);

  IncidentsCommand incidents;
  add_incidents(app, incidents);

  ExplainCommand explain;
  add_explain(app, explain);

  AnnounceOptions announce{.policy = {}, .url = kDefaultUrl, .password_file = {}};
  add_announce(app, announce);

  ImportOptions import;
  add_import(app, import);
  std::string shell;
  add_completion(app, shell);

  std::vector<std::string> words = plain_words(argc, argv);
  if (const std::string unknown = unknown_command_text(app, words.empty() ? "" : words.back());
      !unknown.empty()) {
    std::cerr << unknown;
    return kExitUsage;
  }
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  if (app.got_subcommand("replay")) {
    std::string wrong = parse_speed(speed, replay.speed);
    if (wrong.empty() && !seed.empty()) wrong = parse_seed(seed, replay.seed);
    if (!wrong.empty()) {
      std::cerr << wrong << "\n";
      return kExitUsage;
    }
    return run_replay(replay);
  }
  if (app.got_subcommand("run")) return run_daemon(run);
  if (app.got_subcommand("announce")) return run_announce(announce);
  if (app.got_subcommand("check") && !check.policy.empty()) return check_policy(check.policy);
  if (app.got_subcommand("check")) return run_check(check);
  if (ask.urls.empty()) ask.urls = {kDefaultUrl};
  if (app.got_subcommand("status")) return run_status(ask, stdout);
  if (app.got_subcommand("top")) return run_top(ask);
  if (app.got_subcommand("incidents")) return show_incidents(incidents);
  if (app.got_subcommand("explain")) return show_explanation(explain);
  if (app.got_subcommand("import")) return import_config(import);
  if (app.got_subcommand("completion")) {
    std::cout << completion_script(app, shell);
    return kExitDone;
  }
  return show_overview(app);
}

}  // namespace
}  // namespace floodgauge

int main(int argc, char** argv) {
  // Memory that one window frees is used by the next window. Kept by the process, it need not be
  // mapped and cleared by the kernel ten times a second.
  constexpr int kKept = 512 << 20;
  mallopt(M_TRIM_THRESHOLD, kKept);
  mallopt(M_MMAP_THRESHOLD, kKept / 16);
  try {
    return floodgauge::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "floodgauge: " << error.what() << "\n";
    return floodgauge::kExitInput;
  }
}
