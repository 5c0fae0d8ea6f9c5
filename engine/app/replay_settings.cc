#include "engine/app/replay_settings.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "config/loader.h"
#include "engine/app/config_errors.h"
#include "engine/app/refusal.h"
#include "engine/export/http/listen_socket.h"

namespace floodgauge {
namespace {

constexpr unsigned kMostWorkers = 64;

void add_protected(const std::vector<std::string>& texts, Settings& settings) {
  ProtectEntry entry;
  for (const std::string& text : texts) {
    const std::optional<IpPrefix> prefix = IpPrefix::parse(text);
    if (!prefix) {
      throw Refusal{"--protect " + text + ": not a prefix; write 198.51.100.0/24 or 2001:db8::/32"};
    }
    const IpPrefix& network = *prefix;  // parse() clears host bits
    if (IpPrefix::text_has_host_bits(text)) {
      throw Refusal{"--protect " + text + " has host bits set; did you mean " + network.text() +
                    "?"};
    }
    const bool known = std::any_of(
        settings.protect.begin(), settings.protect.end(), [&](const ProtectEntry& other) {
          return std::find(other.prefixes.begin(), other.prefixes.end(), network) !=
                 other.prefixes.end();
        });
    if (!known &&
        std::find(entry.prefixes.begin(), entry.prefixes.end(), network) == entry.prefixes.end()) {
      entry.prefixes.push_back(network);
    }
  }
  if (!entry.prefixes.empty()) settings.protect.push_back(std::move(entry));
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
  add_protected(options.protect, settings);
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
