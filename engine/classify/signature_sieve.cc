#include "engine/classify/signature_sieve.h"

#include <bitset>
#include <limits>
#include <optional>

#include "engine/classify/pattern_prefix.h"

namespace floodgauge {
namespace {

/// What is known of a signature; of nothing, every byte.
PatternPrefix prefix_of(const Signature& signature) {
  std::optional<PatternPrefix> prefix;
  // With the flag, ^ is after every line's end too.
  if (!signature.multiline) prefix = prefix_of_pattern(signature.pattern, signature.caseless);
  if (prefix) return *prefix;
  PatternPrefix anything;
  for (PatternPrefix::Bytes& bytes : anything.bytes) bytes.set();
  anything.ends = 1;
  return anything;
}

/// The share of random payloads in which a signature is left after it has been asked at the places.
using Left = std::vector<double>;

double share(const PatternPrefix& prefix, std::size_t place) {
  return static_cast<double>(prefix.bytes[place].count()) / 256;
}

/// Of the places that have not been asked, the one that rules out most of what is left.
std::size_t best_place(const std::vector<PatternPrefix>& prefixes, const Left& left,
                       const std::bitset<PatternPrefix::kBytes>& asked) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t place = 0; place < PatternPrefix::kBytes; ++place) {
    if (asked[place]) continue;
    double sum = 0;
    for (std::size_t s = 0; s < prefixes.size(); ++s) sum += left[s] * share(prefixes[s], place);
    if (sum >= least) continue;
    best = place;
    least = sum;
  }
  return best;
}

}  // namespace

SignatureSieve::SignatureSieve(const std::vector<Signature>& signatures) {
  std::vector<PatternPrefix> prefixes;
  for (const Signature& signature : signatures) prefixes.push_back(prefix_of(signature));
  Left left(prefixes.size(), 1.0);
  std::bitset<PatternPrefix::kBytes> asked;
  for (Table& table : tables_) {
    table.place = best_place(prefixes, left, asked);
    asked.set(table.place);
    for (std::size_t s = 0; s < prefixes.size(); ++s) {
      const std::uint64_t bit = std::uint64_t{1} << s % 64;
      left[s] *= share(prefixes[s], table.place);
      for (std::size_t byte = 0; byte < kNoByte; ++byte) {
        if (prefixes[s].bytes[table.place][byte]) table.signatures[byte] |= bit;
      }
      if (prefixes[s].may_end_before(table.place)) table.signatures[kNoByte] |= bit;
    }
  }
}

}  // namespace floodgauge
