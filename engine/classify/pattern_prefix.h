// Which bytes may stand at the beginning of what a pattern matches: for the quick look that spares
// most payloads a search. Never too few: what the reading of a pattern leaves open, every byte may
// be. Control path.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace floodgauge {

struct PatternPrefix {
  static constexpr std::size_t kBytes = 24;
  using Bytes = std::bitset<256>;

  /// At each place from the payload's first byte on.
  std::array<Bytes, kBytes> bytes;
  /// A bit for each length, up to kBytes, after which a match may be complete.
  std::uint32_t ends = 0;

  /// Whether a payload may match that has no byte at this place.
  bool may_end_before(std::size_t place) const {
    return (ends & ((std::uint32_t{2} << place) - 1)) != 0;
  }
};

/// Of a Hyperscan expression that is matched with HS_FLAG_DOTALL. Nothing of one that is not bound
/// to the payload's beginning by a leading ^, or that says more than literals, classes, groups,
/// alternatives, repetition and $.
std::optional<PatternPrefix> prefix_of_pattern(std::string_view pattern, bool caseless);

}  // namespace floodgauge
