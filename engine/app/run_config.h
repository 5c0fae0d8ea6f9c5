// A configuration file, loaded and checked for `run`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/loader.h"
#include "config/settings.h"
#include "engine/app/daemon_log.h"
#include "engine/app/signatures.h"

namespace floodgauge {

struct RunConfig {
  Settings settings;
  std::shared_ptr<const SignatureSet> signatures;
};

/// Logs the warnings of the file. Returns its errors; without errors, `config` holds what was
/// loaded, else `config` must not be used.
std::vector<ConfigError> load_run_config(const std::string& path, SignatureLoader& signatures,
                                         RunConfig& config, DaemonLog& log);

}  // namespace floodgauge
