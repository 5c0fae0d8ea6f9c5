#include "engine/app/run_config.h"

#include <utility>

namespace floodgauge {

std::vector<ConfigError> load_run_config(const std::string& path, SignatureLoader& signatures,
                                         RunConfig& config, DaemonLog& log) {
  LoadResult loaded = load_config(path);
  for (const ConfigError& warning : loaded.warnings) log.warn(warning.text());
  if (!loaded.settings) return loaded.errors;
  std::vector<ConfigError> errors = check_for_run(*loaded.settings, path, loaded.positions);
  config.signatures = signatures.load(*loaded.settings, errors);
  if (errors.empty()) config.settings = std::move(*loaded.settings);
  return errors;
}

}  // namespace floodgauge
