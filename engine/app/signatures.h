// The payload signatures that a configuration asks for, ready for the workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/loader.h"
#include "config/settings.h"
#include "engine/classify/signature_set.h"

namespace floodgauge {

/// The built-in signatures, with those of settings.signatures before them. Null, and every error
/// with its place in that file in `errors`, when something in it is wrong. Compiling takes a
/// fraction of a second.
std::shared_ptr<const SignatureSet> load_signatures(const Settings& settings,
                                                    std::vector<ConfigError>& errors);

/// The same for one who loads again and again: what has not changed is not compiled again.
class SignatureLoader {
 public:
  std::shared_ptr<const SignatureSet> load(const Settings& settings,
                                           std::vector<ConfigError>& errors);

 private:
  std::string path_;
  std::string text_;  ///< of the file, when the set was made
  std::shared_ptr<const SignatureSet> set_;
};

}  // namespace floodgauge
