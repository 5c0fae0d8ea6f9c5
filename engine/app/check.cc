#include "engine/app/check.h"

#include <iostream>
#include <vector>

#include "config/loader.h"
#include "config/printer.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"
#include "engine/app/machine_checks.h"
#include "engine/app/signatures.h"
#include "engine/export/http/web_config.h"

namespace floodgauge {
namespace {

void check_web_config(const Settings& settings, std::vector<ConfigError>& errors) {
  if (settings.exports.web_config.empty()) return;
  try {
    load_web_config(settings.exports.web_config);
  } catch (const WebConfigError& error) {
    // Its lines name the file and the position.
    std::string rest = error.what();
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string line = rest.substr(0, end);
      const std::size_t colon = line.find(": ");
      if (!line.empty()) {
        errors.push_back({line.substr(0, colon), 0, 0, "",
                          colon == std::string::npos ? "" : line.substr(colon + 2)});
      }
      rest.erase(0, end + 1);
    }
  }
}

/// What the configuration is good for. `lacks` is what `run` needs beyond a replay.
std::string verdict(const std::vector<ConfigError>& lacks, bool refused, bool in_vain) {
  std::string text = "good";
  if (!lacks.empty()) {
    text += " for a replay; run also needs ";
    for (std::size_t i = 0; i < lacks.size(); ++i) text += (i > 0 ? " and " : "") + lacks[i].key;
  }
  if (refused) return text + ", but run would fail on this machine; see above";
  if (in_vain) return text + ", but not all of it would work on this machine; see above";
  return text;
}

}  // namespace

int run_check(const CheckOptions& options) {
  LoadResult loaded = load_config(options.config);
  std::vector<ConfigError> errors = std::move(loaded.errors);
  for (const ConfigError& warning : loaded.warnings) std::cerr << warning.text() << "\n";
  if (loaded.settings) {
    load_signatures(*loaded.settings, errors);
    check_web_config(*loaded.settings, errors);
    for (auto& error : check_devices(*loaded.settings, options.config, loaded.positions)) {
      errors.push_back(std::move(error));
    }
  }
  if (!errors.empty()) {
    std::cerr << config_errors_text(errors, "") << "\n";
    return kExitUsage;
  }
  if (options.print) {
    std::cout << print_config(*loaded.settings);
    return kExitDone;
  }
  const std::vector<ConfigError> lacks =
      missing_for_run(*loaded.settings, options.config, loaded.positions);
  const MachineFindings findings =
      check_machine(*loaded.settings, options.config, loaded.positions);
  for (const ConfigError& finding : findings.refused) std::cerr << finding.text() << "\n";
  for (const ConfigError& finding : findings.in_vain) std::cerr << finding.text() << "\n";
  for (const ConfigError& finding : findings.inexact) std::cerr << finding.text() << "\n";
  std::cout << options.config << ": "
            << verdict(lacks, !findings.refused.empty(), !findings.in_vain.empty()) << "\n";
  return kExitDone;
}

}  // namespace floodgauge
