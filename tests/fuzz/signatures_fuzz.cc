// Reads any text as a file of signatures. Every error must have a position, short expressions must
// compile or be refused, and no signature may match a payload that the sieve rejects.
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
    if (error.position.line < 1 || error.position.column < 1 || error.message.empty()) std::abort();
  }
  // Long expressions take long to compile, so only short ones are compiled.
  if (signatures.size() > 4) return 0;
  for (const floodgauge::Signature& signature : signatures) {
    if (signature.pattern.size() > 24) return 0;
  }
  const std::size_t before = errors.size();
  // A signature without a leading ^ turns the sieve off in this second set.
  std::vector<floodgauge::Signature> and_one_anywhere = signatures;
  and_one_anywhere.emplace_back().pattern = "never seen \\x01\\x02\\x03";
  const auto set = floodgauge::SignatureSet::compile(std::move(signatures), errors);
  if ((set == nullptr) != (errors.size() > before)) std::abort();
  if (set != nullptr) {
    const auto searched = floodgauge::SignatureSet::compile(std::move(and_one_anywhere), errors);
    if (searched == nullptr) std::abort();
    auto scratch = set->make_scratch();
    auto of_searched = searched->make_scratch();
    // Each suffix of the text, since a match must begin at the first byte.
    for (std::size_t from = 0; from < size; ++from) {
      const floodgauge::Payload payload(data + from, size - from);
      const auto one = set->match(payload, scratch, 53, 53);
      auto other = searched->match(payload, of_searched, 53, 53);
      if (other && other->index == set->signatures().size()) other.reset();  // the added one
      if (one.has_value() != other.has_value() || (one && one->index != other->index)) std::abort();
    }
  }
  return 0;
}
