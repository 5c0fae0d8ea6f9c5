// The file of signatures: any text gives signatures or errors with a place, small expressions
// compile or are refused, and what the sieve keeps from the search would not have matched.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

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
  // One that is not bound to the beginning: of these nothing is kept from the search.
  std::vector<floodgauge::Signature> and_one_anywhere = signatures;
  and_one_anywhere.emplace_back().pattern = "never seen \\x01\\x02\\x03";
  const auto set = floodgauge::SignatureSet::compile(std::move(signatures), errors);
  if ((set == nullptr) != (errors.size() > before)) std::abort();
  if (set != nullptr) {
    const auto searched = floodgauge::SignatureSet::compile(std::move(and_one_anywhere), errors);
    if (searched == nullptr) std::abort();
    auto scratch = set->make_scratch();
    auto of_searched = searched->make_scratch();
    // The text from each of its bytes on, for a match begins at the first.
    for (std::size_t from = 0; from < size; ++from) {
      const floodgauge::Payload payload(data + from, size - from);
      const auto one = set->match(payload, scratch, 53, 53);
      auto other = searched->match(payload, of_searched, 53, 53);
      if (other && other->index == set->signatures().size()) other.reset();  // the one added
      if (one.has_value() != other.has_value() || (one && one->index != other->index)) std::abort();
    }
  }
  return 0;
}
