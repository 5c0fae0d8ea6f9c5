#include "engine/classify/signature_sieve.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <numeric>
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
constexpr std::size_t kTables = SignatureSieve::kTables;
constexpr std::size_t kBits = SignatureSieve::kBits;
using Offsets = std::array<std::size_t, kTables>;

double share(const PatternPrefix::Bytes& bytes) {
  return static_cast<double>(bytes.count()) / 256;
}

/// The offset without a table that rules out most of what is left.
std::size_t best_offset(const std::vector<PatternPrefix>& prefixes, const Left& left,
                        const std::bitset<PatternPrefix::kBytes>& used) {
  std::size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t offset = 0; offset < PatternPrefix::kBytes; ++offset) {
    if (used[offset]) continue;
    double sum = 0;
    for (std::size_t s = 0; s < prefixes.size(); ++s)
      sum += left[s] * share(prefixes[s].bytes[offset]);
    if (sum >= least) continue;
    best = offset;
    least = sum;
  }
  return best;
}

/// Signatures that share a bit: a payload passes when each of its bytes is allowed by any of them.
struct Bit {
  std::array<PatternPrefix::Bytes, kTables> bytes{};
  std::bitset<kTables> may_end{};  ///< before the offset of the table

  /// The share of random payloads that pass when `other` shares the bit.
  double share_with(const Bit& other) const {
    double product = 1;
    for (std::size_t t = 0; t < bytes.size(); ++t) product *= share(bytes[t] | other.bytes[t]);
    return product;
  }
  void add(const Bit& other) {
    for (std::size_t t = 0; t < bytes.size(); ++t) bytes[t] |= other.bytes[t];
    may_end |= other.may_end;
  }
};

Bit bit_of(const PatternPrefix& prefix, const Offsets& offsets) {
  Bit bit;
  for (std::size_t t = 0; t < offsets.size(); ++t) {
    bit.bytes[t] = prefix.bytes[offsets[t]];
    bit.may_end[t] = prefix.may_end_before(offsets[t]);
  }
  return bit;
}

/// The bits of all signatures. Those that pass most random payloads have a bit of their own. Each
/// other one shares the bit at which it lets the fewest more pass.
std::vector<Bit> shared_bits(const std::vector<PatternPrefix>& prefixes, const Left& left,
                             const Offsets& offsets) {
  std::vector<std::size_t> order(prefixes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return left[a] > left[b]; });
  std::vector<Bit> bits;
  for (const std::size_t s : order) {
    const Bit bit = bit_of(prefixes[s], offsets);
    if (bits.size() < kBits) {
      bits.push_back(bit);
      continue;
    }
    const auto more = [&](const Bit& with) { return with.share_with(bit) - with.share_with(with); };
    std::min_element(bits.begin(), bits.end(), [&](const Bit& a, const Bit& b) {
      return more(a) < more(b);
    })->add(bit);
  }
  return bits;
}

}  // namespace

SignatureSieve::SignatureSieve(const std::vector<Signature>& signatures) {
  std::vector<PatternPrefix> prefixes;
  for (const Signature& signature : signatures) prefixes.push_back(prefix_of(signature));
  Left left(prefixes.size(), 1.0);
  Offsets offsets{};
  std::bitset<PatternPrefix::kBytes> used;
  for (std::size_t& offset : offsets) {
    offset = best_offset(prefixes, left, used);
    used.set(offset);
    for (std::size_t s = 0; s < prefixes.size(); ++s) left[s] *= share(prefixes[s].bytes[offset]);
  }
  const std::vector<Bit> bits = shared_bits(prefixes, left, offsets);
  for (std::size_t t = 0; t < kTables; ++t) {
    tables_[t].offset = offsets[t];
    for (std::size_t b = 0; b < bits.size(); ++b) {
      const std::uint64_t bit = std::uint64_t{1} << b;
      for (std::size_t byte = 0; byte < kNoByte; ++byte) {
        if (bits[b].bytes[t][byte]) tables_[t].signatures[byte] |= bit;
      }
      if (bits[b].may_end[t]) tables_[t].signatures[kNoByte] |= bit;
    }
  }
}

}  // namespace floodgauge
