// Which bytes may stand at the beginning of a payload that a pattern matches. SignatureSieve uses
// it to spare most payloads a search. The sets of bytes are never too small: where the pattern is
// not understood, every byte is allowed. Control path.
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

  /// The bytes that may stand at each offset into the payload.
  std::array<Bytes, kBytes> bytes;
  /// Bit n is set when a match may be complete after n bytes, n up to kBytes.
  std::uint32_t ends = 0;

  /// Whether a payload without a byte at this offset may match.
  bool may_end_before(std::size_t offset) const {
    return (ends & ((std::uint32_t{2} << offset) - 1)) != 0;
  }
};

/// The prefix of a Hyperscan expression that is matched with HS_FLAG_DOTALL. Empty when the
/// expression does not begin with ^, or has other parts than literals, classes, groups,
/// alternatives, repetitions and $.
std::optional<PatternPrefix> prefix_of_pattern(std::string_view pattern, bool caseless);

}  // namespace floodgauge
