#include "engine/classify/signature_sieve.h"

#include <bitset>
#include <limits>
#include <optional>

#include "engine/classify/pattern_prefix.h"

namespace floodgauge {
namespace {

/// The prefix of a signature. When nothing is known of it, every byte is allowed.
PatternPrefix prefix_of(const Signature& signature) {
  std::optional<PatternPrefix> prefix;
  // With this flag, ^ also matches after the end of each line.
  if (!signature.multiline) prefix = prefix_of_pattern(signature.pattern, signature.caseless);
  if (prefix) return *prefix;
  PatternPrefix anything;
  for (PatternPrefix::Bytes& bytes : anything.bytes) bytes.set();
  anything.ends = 1;
  return anything;
}

/// For each signature, the share of random payloads that the tables so far do not rule out.
using Left = std::vector<double>;

double share(const PatternPrefix& prefix, std::size_t offset) {
  return static_cast<double>(prefix.bytes[offset].count()) / 256;
}

/// The offset without a table that rules out most of what is left.
std::size_t best_offset(const std::vector<PatternPrefix>& prefixes, const Left& left,
                        const std::bitset<PatternPrefix::kBytes>& used) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t offset = 0; offset < PatternPrefix::kBytes; ++offset) {
    if (used[offset]) continue;
    double sum = 0;
    for (std::size_t s = 0; s < prefixes.size(); ++s) sum += left[s] * share(prefixes[s], offset);
    if (sum >= least) continue;
    best = offset;
    least = sum;
  }
  return best;
}

}  // namespace

SignatureSieve::SignatureSieve(const std::vector<Signature>& signatures) {
  std::vector<PatternPrefix> prefixes;
  for (const Signature& signature : signatures) prefixes.push_back(prefix_of(signature));
  Left left(prefixes.size(), 1.0);
  std::bitset<PatternPrefix::kBytes> used;
  for (Table& table : tables_) {
    table.offset = best_offset(prefixes, left, used);
    used.set(table.offset);
    for (std::size_t s = 0; s < prefixes.size(); ++s) {
      const std::uint64_t bit = std::uint64_t{1} << s % 64;
      left[s] *= share(prefixes[s], table.offset);
      for (std::size_t byte = 0; byte < kNoByte; ++byte) {
        if (prefixes[s].bytes[table.offset][byte]) table.signatures[byte] |= bit;
      }
      if (prefixes[s].may_end_before(table.offset)) table.signatures[kNoByte] |= bit;
    }
  }
}

}  // namespace floodgauge
