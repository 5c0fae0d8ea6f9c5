// Translates the configuration of FastNetMon Community into floodgauge's.
#pragma once

#include <string>

namespace floodgauge {

struct FastnetmonImport {
  std::string
      yaml;  ///< the configuration, with a comment on each key of FastNetMon that has no twin
  std::string error;  ///< what is wrong with the file; then there is no configuration
};

/// Reads the file, and the lists of networks that it names. A list that is not there is looked for
/// beside the file too, so that a copied folder can be translated.
FastnetmonImport import_fastnetmon(const std::string& path);

}  // namespace floodgauge
