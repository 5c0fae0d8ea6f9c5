#include "engine/app/signatures.h"

namespace floodgauge {

std::shared_ptr<const SignatureSet> load_signatures(const Settings& settings,
                                                    std::vector<ConfigError>& errors) {
  std::vector<SignatureError> wrong;
  std::shared_ptr<const SignatureSet> set = SignatureSet::load(settings.signatures, wrong);
  for (SignatureError& error : wrong) {
    errors.push_back({.file = error.place.file,
                      .line = error.place.line,
                      .column = error.place.column,
                      .key = "",
                      .message = std::move(error.message)});
  }
  return set;
}

}  // namespace floodgauge
