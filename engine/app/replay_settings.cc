#include "engine/app/replay_settings.h"

#include <filesystem>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "config/loader.h"
#include "config/prefix_file.h"
#include "engine/app/config_errors.h"
#include "engine/app/refusal.h"
#include "engine/export/http/listen_socket.h"

namespace floodgauge {
namespace {

constexpr unsigned kMostWorkers = 64;

/// Adds prefixes of the command line to those of the configuration; one that is protected already
/// is not added again.
class CommandLinePrefixes {
 public:
  explicit CommandLinePrefixes(Settings& settings) : settings_(settings) {
    for (const ProtectEntry& entry : settings.protect) {
      known_.insert(entry.prefixes.begin(), entry.prefixes.end());
    }
  }
  ~CommandLinePrefixes() {
    if (!entry_.prefixes.empty()) settings_.protect.push_back(std::move(entry_));
  }
  CommandLinePrefixes(const CommandLinePrefixes&) = delete;
  CommandLinePrefixes& operator=(const CommandLinePrefixes&) = delete;

  void add(const std::string& text) {
    std::string problem;
    const std::optional<IpPrefix> prefix = parse_prefix(text, problem);
    if (!prefix) throw Refusal{"--protect " + problem};
    add(*prefix);
  }

  void add_file(const std::string& path) {
    const PrefixFile file = read_prefix_file(path, "");
    std::string wrong;
    for (const ConfigError& error : file.errors) wrong += "\n" + error.text();
    if (!wrong.empty()) throw Refusal{"--protect-file " + path + " cannot be used:" + wrong};
    for (const PrefixLine& line : file.prefixes) add(line.prefix);
  }

 private:
  void add(const IpPrefix& prefix) {
    if (known_.insert(prefix).second) entry_.prefixes.push_back(prefix);
  }

  Settings& settings_;
  std::set<IpPrefix> known_;
  ProtectEntry entry_;
};

void add_protected(const ReplayOptions& options, Settings& settings) {
  CommandLinePrefixes prefixes(settings);
  for (const std::string& text : options.protect) prefixes.add(text);
  for (const std::string& path : options.protect_files) prefixes.add_file(path);
}

void check_listen(const std::string& address) {
  try {
    if (!address.empty()) split_host_port(address);
  } catch (const ListenError& error) {
    throw Refusal{std::string("--listen ") + error.what()};
  }
}

}  // namespace

Settings replay_settings(const ReplayOptions& options) {
  Settings settings;
  check_listen(options.listen);
  if (!options.config.empty()) {
    LoadResult loaded = load_config(options.config);
    for (const ConfigError& warning : loaded.warnings) std::cerr << warning.text() << "\n";
    if (!loaded.settings) throw Refusal{config_errors_text(loaded.errors)};
    settings = std::move(*loaded.settings);
  }
  add_protected(options, settings);
  settings.sampling = options.sampling;
  if (options.seed) settings.engine.seed = options.seed;
  // One worker by default: every machine has two cores for a replay, and the merge uses one of
  // them.
  if (options.workers) settings.engine.workers = static_cast<std::uint16_t>(*options.workers);
  if (settings.engine.workers == 0) settings.engine.workers = 1;
  if (settings.engine.workers > kMostWorkers) {
    throw Refusal{"--workers " + std::to_string(settings.engine.workers) + ": at most " +
                  std::to_string(kMostWorkers)};
  }
  return settings;
}

std::string protecting_text(const ReplayOptions& options, const Settings& settings) {
  if (settings.protects_everything()) return "every address that receives traffic";
  std::size_t prefixes = 0;
  for (const ProtectEntry& entry : settings.protect) prefixes += entry.prefixes.size();
  std::string text = std::to_string(prefixes) + (prefixes == 1 ? " prefix" : " prefixes");
  if (!options.config.empty()) text += " from " + options.config;
  return text;
}

void refuse_captures_as_output(const ReplayOptions& options) {
  const std::pair<const char*, const std::string&> outputs[] = {{"--output", options.output},
                                                                {"--events", options.events},
                                                                {"--history", options.history},
                                                                {"--html", options.html}};
  for (const auto& [flag, path] : outputs) {
    for (const std::string& file : options.files) {
      std::error_code error;
      if (path.empty() || !std::filesystem::equivalent(path, file, error)) continue;
      // A terminal or a pipe may be both input and output.
      if (!std::filesystem::is_regular_file(path, error)) continue;
      throw Refusal{std::string(flag) + " " + path + ": is a capture to be read"};
    }
  }
}

}  // namespace floodgauge
