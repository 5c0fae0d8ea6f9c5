#include "detectors/sketch/aes_rounds.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace floodgauge {
namespace {

using Block = std::array<std::uint8_t, 16>;

/// Times x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1: FIPS 197, section 4.2.1.
constexpr std::uint8_t times_x(std::uint8_t byte) {
  return static_cast<std::uint8_t>(byte << 1 ^ (byte >> 7) * 0x1b);
}

/// Section 5.1.1: the inverse in GF(2^8), then an affine map. Powers of 3 and of its inverse go
/// through all bytes but 0.
constexpr auto kSubstitutes = [] {
  std::array<std::uint8_t, 256> table{};
  std::uint8_t power = 1;
  std::uint8_t inverse = 1;
  do {
    power = static_cast<std::uint8_t>(power ^ times_x(power));
    // Divided by 3: times 0xf6, which is its inverse.
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 1);
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 2);
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 4);
    if ((inverse & 0x80) != 0) inverse ^= 0x09;
    const unsigned twice = inverse << 8 | inverse;
    table[power] =
        static_cast<std::uint8_t>(0x63 ^ twice ^ twice >> 4 ^ twice >> 5 ^ twice >> 6 ^ twice >> 7);
  } while (power != 1);
  table[0] = 0x63;
  return table;
}();

/// SubBytes, ShiftRows, MixColumns, AddRoundKey. Byte 4 * column + row.
Block round_of(const Block& state, const Block& key) {
  Block next;
  for (std::size_t column = 0; column < 4; ++column) {
    std::array<std::uint8_t, 4> from;
    for (std::size_t row = 0; row < 4; ++row) {
      from[row] = kSubstitutes[state[4 * ((column + row) % 4) + row]];
    }
    for (std::size_t row = 0; row < 4; ++row) {
      const std::uint8_t a = from[row];
      const std::uint8_t b = from[(row + 1) % 4];
      const std::uint8_t rest = from[(row + 2) % 4] ^ from[(row + 3) % 4];
      next[4 * column + row] =
          static_cast<std::uint8_t>(times_x(a) ^ times_x(b) ^ b ^ rest ^ key[4 * column + row]);
    }
  }
  return next;
}

Block bytes_of(__m128i block) {
  Block bytes;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes.data()), block);
  return bytes;
}

}  // namespace

const bool has_aes_instruction = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("aes") != 0;
}();

__m128i aes_rounds_computed(__m128i block, const __m128i* keys) {
  Block state = bytes_of(_mm_xor_si128(block, keys[0]));
  for (int round = 1; round <= kAesRounds; ++round) {
    state = round_of(state, bytes_of(keys[round]));
  }
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data()));
}

}  // namespace floodgauge
