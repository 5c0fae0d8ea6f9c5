#include "engine/app/run_config.h"

#include <utility>

#include "engine/app/machine_checks.h"

namespace floodgauge {

std::vector<ConfigError> load_run_config(const std::string& path, SignatureLoader& signatures,
                                         RunConfig& config, DaemonLog& log) {
  LoadResult loaded = load_config(path);
  for (const ConfigError& warning : loaded.warnings) log.warn(warning.text());
  if (!loaded.settings) return loaded.errors;
  std::vector<ConfigError> errors = check_for_run(*loaded.settings, path, loaded.positions);
  if (const std::string why = hook_problem(loaded.settings->exports.hook); !why.empty()) {
    log.warn("export.hook: " + why);
  }
  config.signatures = signatures.load(*loaded.settings, errors);
  if (errors.empty()) {
    config.settings = std::move(*loaded.settings);
    if (!config.settings.ports.empty()) {
      config.settings.sampling = config.settings.ports.front().sampling;
    }
  }
  return errors;
}

}  // namespace floodgauge
