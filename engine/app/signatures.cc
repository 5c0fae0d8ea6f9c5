#include "engine/app/signatures.h"

#include <algorithm>
#include <fstream>

namespace floodgauge {
namespace {

/// The content of a file, up to one byte more than a signature file may have. Empty when the file
/// cannot be read.
std::string text_of(const std::string& path) {
  std::string text(kMaxSignatureFileBytes + 1, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

}  // namespace

std::shared_ptr<const SignatureSet> load_signatures(const Settings& settings,
                                                    std::vector<ConfigError>& errors) {
  std::vector<SignatureError> wrong;
  std::shared_ptr<const SignatureSet> set = SignatureSet::load(settings.signatures, wrong);
  for (SignatureError& error : wrong) {
    errors.push_back({.file = error.position.file,
                      .line = error.position.line,
                      .column = error.position.column,
                      .key = "",
                      .message = std::move(error.message)});
  }
  return set;
}

std::shared_ptr<const SignatureSet> SignatureLoader::load(const Settings& settings,
                                                          std::vector<ConfigError>& errors) {
  const std::string text = settings.signatures.empty() ? "" : text_of(settings.signatures);
  if (set_ != nullptr && settings.signatures == path_ && text == text_) return set_;
  std::shared_ptr<const SignatureSet> set = load_signatures(settings, errors);
  if (set != nullptr) {
    path_ = settings.signatures;
    text_ = text;
    set_ = set;
  }
  return set;
}

}  // namespace floodgauge
