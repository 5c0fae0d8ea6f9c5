#include "engine/base/aes_rounds.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace floodgauge {
namespace {

/// The four columns of a block (FIPS 197, section 3.4). Row 0 is the lowest byte of a column.
using Columns = std::array<std::uint32_t, 4>;

/// Multiplies by x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1: FIPS 197, section 4.2.1.
constexpr std::uint8_t times_x(std::uint8_t byte) {
  return static_cast<std::uint8_t>(byte << 1 ^ (byte >> 7) * 0x1b);
}

/// The S-box, FIPS 197, section 5.1.1: the inverse in GF(2^8), then an affine map. The powers of 3
/// are all bytes except 0; `inverse` is the same power of the inverse of 3.
constexpr auto kSbox = [] {
  std::array<std::uint8_t, 256> table{};
  std::uint8_t power = 1;
  std::uint8_t inverse = 1;
  do {
    power = static_cast<std::uint8_t>(power ^ times_x(power));
    // Divides by 3, that is, multiplies by its inverse 0xf6.
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 1);
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 2);
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 4);
    if ((inverse & 0x80) != 0) inverse ^= 0x09;
    const auto twice = static_cast<unsigned>(inverse << 8 | inverse);
    table[power] =
        static_cast<std::uint8_t>(0x63 ^ twice ^ twice >> 4 ^ twice >> 5 ^ twice >> 6 ^ twice >> 7);
  } while (power != 1);
  table[0] = 0x63;
  return table;
}();

/// The column that SubBytes and MixColumns make of a byte in row 0: its S-box value times 2, 1, 1
/// and 3. For a byte in row r the column is rotated by r bytes.
constexpr auto kMixedColumns = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    const std::uint32_t once = kSbox[byte];
    const std::uint32_t twice = times_x(kSbox[byte]);
    table[byte] = twice | once << 8 | once << 16 | (once ^ twice) << 24;
  }
  return table;
}();

/// One round: SubBytes, ShiftRows, MixColumns, AddRoundKey.
Columns round_of(const Columns& state, const Columns& key) {
  Columns next = key;
  for (std::size_t column = 0; column < next.size(); ++column) {
    for (std::size_t row = 0; row < 4; ++row) {
      const std::uint32_t byte = state[(column + row) % 4] >> 8 * row & 0xff;
      next[column] ^= std::rotl(kMixedColumns[byte], static_cast<int>(8 * row));
    }
  }
  return next;
}

}  // namespace

const bool has_aes_instruction = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("aes") != 0;
}();

__m128i aes_rounds_computed(__m128i block, const __m128i* keys) {
  auto state = std::bit_cast<Columns>(_mm_xor_si128(block, keys[0]));
  for (int round = 1; round <= kAesRounds; ++round) {
    state = round_of(state, std::bit_cast<Columns>(keys[round]));
  }
  return std::bit_cast<__m128i>(state);
}

}  // namespace floodgauge
