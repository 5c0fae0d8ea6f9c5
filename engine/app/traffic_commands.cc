#include "engine/app/traffic_commands.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "config/loader.h"
#include "config/printer.h"
#include "engine/app/command_parts.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"
#include "engine/app/replay.h"
#include "engine/export/terminal/tune.h"

namespace floodgauge {
namespace {

/// Nothing where the file is wrong; then its errors were told.
std::optional<Settings> settings_of(const std::string& config) {
  if (config.empty()) return Settings{};
  LoadResult loaded = load_config(config);
  if (!loaded.errors.empty()) {
    std::cerr << config_errors_text(loaded.errors, "") << "\n";
    return std::nullopt;
  }
  return std::move(loaded.settings);
}

/// A folder that is deleted in the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "floodgauge-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error(name + " cannot be made: " + std::strerror(errno));
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Replays the captures into a history. Nobody is told of what is found in them: neither the hook
/// nor the event log of the configuration. Returns an ExitCode.
int replay_into(const std::string& history, const std::string& config, const TuneCommand& tune,
                Settings settings) {
  const ExportSettings given = settings.exports;
  settings.exports = {};
  settings.exports.history_prefixes = given.history_prefixes;
  settings.signatures.clear();
  settings.evidence = {};
  for (ProtectEntry& entry : settings.protect) entry.file.clear();
  for (auto& [name, profile] : settings.profiles) profile.baseline.state.clear();
  std::ofstream(config) << print_config(settings);
  ReplayOptions options;
  options.files = tune.captures;
  options.config = config;
  options.history = history;
  options.output = "/dev/null";
  return run_replay(options);
}

std::string source_text(const TuneCommand& tune) {
  if (!tune.history.empty()) return tune.history;
  return tune.captures.size() == 1 ? tune.captures.front()
                                   : std::to_string(tune.captures.size()) + " captures";
}

}  // namespace

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
  std::optional<Settings> settings = settings_of(explain.config);
  if (!settings) return kExitUsage;
  options.settings = std::move(*settings);
  if (!explain.config.empty()) options.limits_from = "the limits of " + explain.config;
  return run_explain(options, stdout);
}

void add_tune(CLI::App& app, TuneCommand& tune) {
  CLI::App* command = app.add_subcommand("tune", "propose limits from what was usual");
  auto* captures =
      command->add_option("CAPTURE", tune.captures, "captures to learn from, as for replay")
          ->type_name("");
  command->add_option("--history", tune.history, "learn from this file (export.history)")
      ->type_name("FILE")
      ->excludes(captures);
  command
      ->add_option("-c,--config", tune.config,
                   "configuration (YAML): the limits now, and which\nprefix has which profile")
      ->type_name("CONFIG");
  command
      ->add_option("--headroom", tune.headroom,
                   "for growth and chance: a limit is so many times\nwhat is usual, 1 to 100")
      ->type_name("N")
      ->check(CLI::Range(1.0, 100.0).description(""))
      ->default_str("2");
  add_format(*command, tune.format);
  command->footer(
      footer("  floodgauge tune --history /var/lib/floodgauge/history.db -c link.yaml\n"
             "  floodgauge tune monday.pcap.gz tuesday.pcap.gz\n"));
}

int propose_limits(const TuneCommand& command) {
  if (command.history.empty() == command.captures.empty()) {
    std::cerr << "tune needs --history FILE, or captures\n";
    return kExitUsage;
  }
  const std::optional<Settings> settings = settings_of(command.config);
  if (!settings) return kExitUsage;
  const TemporaryFolder folder;
  std::string history = command.history;
  int code = kExitDone;
  if (history.empty()) {
    history = folder.file("history.db");
    code = replay_into(history, folder.file("config.yaml"), command, *settings);
    if (code != kExitDone && !std::filesystem::exists(history)) return code;
  }
  HistoryReader reader(history);
  const TuneSettings how{.settings = *settings, .headroom = command.headroom};
  const TuneResult result = tune(reader, how);
  const std::string source = source_text(command);
  if (result.rows == 0) {
    std::cerr << source << " has no minute of any prefix, so that nothing is proposed\n";
    return kExitInput;
  }
  std::cout << (command.format == "json" ? json_text(tuned_json(result, how, source), 2) + "\n"
                                         : tuned_yaml(result, how, source));
  return code;
}

}  // namespace floodgauge
