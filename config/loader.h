// The configuration file -> Settings, or everything that is wrong with it at once.
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
  int line = 0;  ///< from 1; 0 when the file as a whole is meant
  int column = 0;
  std::string key;      ///< "protect[2].prefixes[0]", may be empty
  std::string message;  ///< what is wrong; what is allowed, or what to write

  /// "link.yaml:14:17: profiles.default.hold: 30 has no unit; write 30s"
  std::string text() const;
};

/// Where the sections and the keys of ports were written: by their key's path.
using ConfigPlaces = std::map<std::string, TextPosition, std::less<>>;

struct LoadResult {
  std::optional<Settings> settings;   ///< absent when there are errors
  std::vector<ConfigError> errors;    ///< by line
  std::vector<ConfigError> warnings;  ///< by line
  ConfigPlaces places;
};

/// Reads at most 16 MiB. Never throws for what is in the file, or for a file that is not there.
LoadResult load_config(const std::string& path);
/// The same for text at hand; `file_name` goes into the messages.
LoadResult parse_config(std::string_view yaml, std::string_view file_name);

/// What `run` needs beyond a valid file: protected prefixes, and ports that fit one another.
std::vector<ConfigError> check_for_run(const Settings& settings, const std::string& file,
                                       const ConfigPlaces& places = {});

/// Ports that do not fit one another: names used twice, peers that are not each other's, sides that
/// do not go with the peer. Part of loading already; for Settings that were made otherwise.
std::vector<ConfigError> check_ports(const Settings& settings, const std::string& file,
                                     const ConfigPlaces& places = {});

}  // namespace floodgauge
