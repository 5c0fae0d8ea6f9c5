// The file of signatures: any text gives signatures or errors with a place, and small expressions
// compile or are refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/classify/signature_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<floodgauge::SignatureError> errors;
  std::vector<floodgauge::Signature> signatures =
      floodgauge::parse_signatures(text, "fuzz.yaml", errors);
  for (const floodgauge::SignatureError& error : errors) {
    if (error.place.line < 1 || error.place.column < 1 || error.message.empty()) std::abort();
  }
  // Compiling takes long for long expressions: it is the text's reader that is tried here.
  if (signatures.size() > 4) return 0;
  for (const floodgauge::Signature& signature : signatures) {
    if (signature.pattern.size() > 24) return 0;
  }
  const std::size_t before = errors.size();
  const auto set = floodgauge::SignatureSet::compile(std::move(signatures), errors);
  if ((set == nullptr) != (errors.size() > before)) std::abort();
  if (set != nullptr) {
    auto scratch = set->make_scratch();
    set->match({data, size}, scratch, 53, 53);
  }
  return 0;
}
