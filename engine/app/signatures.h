// Loads the payload signatures of a configuration and compiles them for the workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/loader.h"
#include "config/settings.h"
#include "engine/classify/signature_set.h"

namespace floodgauge {

/// The signatures of the file settings.signatures, followed by the built-in ones. When the file is
/// wrong, the result is null and `errors` has each error with its place in the file. Compiling
/// takes a fraction of a second.
std::shared_ptr<const SignatureSet> load_signatures(const Settings& settings,
                                                    std::vector<ConfigError>& errors);

/// The same for a caller that loads repeatedly: an unchanged file is not compiled again.
class SignatureLoader {
 public:
  std::shared_ptr<const SignatureSet> load(const Settings& settings,
                                           std::vector<ConfigError>& errors);

 private:
  std::string path_;
  std::string text_;  ///< content of the file when it was compiled
  std::shared_ptr<const SignatureSet> set_;
};

}  // namespace floodgauge
