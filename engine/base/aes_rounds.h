// AES rounds (FIPS 197, section 5.1) for the keyed hashes, by the processor's instruction, or in
// software if it has none. Both give the same values, so that results are the same on all machines.
#pragma once

#include <wmmintrin.h>

namespace floodgauge {

inline constexpr int kAesRounds = 4;

/// Whether the processor has AES-NI. Servers of the last ten years do.
extern const bool has_aes_instruction;

/// aes_rounds() in software.
__m128i aes_rounds_computed(__m128i block, const __m128i* keys);

/// Adds keys[0] to the block, then applies kAesRounds full rounds with keys[1..kAesRounds].
[[gnu::always_inline]] inline __m128i aes_rounds(__m128i block, const __m128i* keys) {
  if (!has_aes_instruction) [[unlikely]] {
    return aes_rounds_computed(block, keys);
  }
  block = _mm_xor_si128(block, keys[0]);
  for (int round = 1; round <= kAesRounds; ++round) block = _mm_aesenc_si128(block, keys[round]);
  return block;
}

}  // namespace floodgauge
