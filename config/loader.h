// Loads the configuration file: YAML -> Settings, or all errors at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "config/yaml_tree.h"

namespace floodgauge {

struct ConfigError {
  std::string file;
  int line = 0;  ///< from 1; 0 for errors of the file as a whole
  int column = 0;
  std::string key;      ///< "protect[2].prefixes[0]", may be empty
  std::string message;  ///< what is wrong, and what is allowed or what to write instead

  /// "link.yaml:14:17: profiles.default.hold: 30 has no unit; write 30s"
  std::string text() const;
};

/// Positions of the sections and of the keys of ports and export, by the path of their key.
using ConfigPositions = std::map<std::string, TextPosition, std::less<>>;

struct LoadResult {
  std::optional<Settings> settings;   ///< absent when there are errors
  std::vector<ConfigError> errors;    ///< by line
  std::vector<ConfigError> warnings;  ///< by line
  ConfigPositions positions;
};

/// Reads at most 16 MiB. Never throws because of the file's content or because it is missing.
LoadResult load_config(const std::string& path);
/// The same for text in memory. `file_name` is the name that messages give.
LoadResult parse_config(std::string_view yaml, std::string_view file_name);

/// What `run` needs beyond a replay, and the settings lack: protected prefixes, and ports.
std::vector<ConfigError> missing_for_run(const Settings& settings, const std::string& file,
                                         const ConfigPositions& positions = {});

/// Errors of devices that no machine has: names that are neither a PCI address nor a virtual
/// device, and devices that two ports share.
std::vector<ConfigError> check_devices(const Settings& settings, const std::string& file,
                                       const ConfigPositions& positions = {});

/// Errors of settings that are valid but that `run` cannot use: missing_for_run(), check_ports()
/// and check_devices().
std::vector<ConfigError> check_for_run(const Settings& settings, const std::string& file,
                                       const ConfigPositions& positions = {});

/// Errors of ports that contradict each other: names used twice, peers that do not name each other,
/// sides that do not match the peer's. Loading includes this check; call it for Settings that were
/// not loaded from a file.
std::vector<ConfigError> check_ports(const Settings& settings, const std::string& file,
                                     const ConfigPositions& positions = {});

/// Errors of services that have the same name or the same port, and of maintenance that ends before
/// it begins. Loading includes this check.
std::vector<ConfigError> check_services(const Settings& settings, const std::string& file,
                                        const ConfigPositions& positions = {});

}  // namespace floodgauge
