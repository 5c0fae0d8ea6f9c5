// Keyed 64-bit hashes of the keys that the engine counts by: an address, a number, a flow's ends, a
// name. An attacker who knows this code but not the hash key cannot produce collisions in the
// tables and sketches that use them.
//
// The hash of one block of 16 bytes is the first half of the result of four AES rounds under secret
// and independent round keys. The four rounds are a permutation. Two different blocks that are
// chosen before the keys end in one given difference with a probability of at most 1.9 * 2^-114
// (Keliher and Sui, "Exact maximum expected differential and linear probability for two-round
// Advanced Encryption Standard", IET Information Security 1(2), 2007). They have the same first
// half with a probability of at most 2^-49. This bound counts each of the 2^64 differences in the
// other half as if it were the worst one; an ideal hash has 2^-64. After two rounds each bit
// depends on the whole block.
//
// Several blocks are chained: each is added (XOR) to the state that the rounds made of those before
// it. Minematsu and Tsunoo, "Provably secure MACs from differentially-uniform permutations and
// AES-based implementations", FSE 2006, chain the same four rounds, with separate keys for each
// block. Inputs that are compared with each other have the same number of blocks, or begin with
// their length.
//
// The processor has an instruction for an AES round, so the hash of an address takes seven
// instructions.
#pragma once

#include <emmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/address.h"
#include "engine/base/aes_rounds.h"

namespace floodgauge {

/// The secret: five round keys of 128 bits, the low half of each first.
struct alignas(16) HashKey {
  std::array<std::uint64_t, 2 * (kAesRounds + 1)> k{};
  constexpr bool operator==(const HashKey&) const = default;
};

/// Derives a key from a seed, the same on every machine (for --seed and tests). Not secret.
HashKey key_from_seed(std::uint64_t seed);

/// Draws a key from the kernel (getrandom). Throws std::system_error when that fails.
HashKey random_key();

/// Hashes a sequence of 16-byte blocks.
class HashChain {
 public:
  explicit HashChain(const HashKey& key) : keys_(reinterpret_cast<const __m128i*>(key.k.data())) {}

  HashChain& add(__m128i block) {
    state_ = aes_rounds(_mm_xor_si128(state_, block), keys_);
    return *this;
  }
  HashChain& add(const IpAddress& address) {
    return add(_mm_loadu_si128(reinterpret_cast<const __m128i*>(address.bytes.data())));
  }
  HashChain& add(std::uint64_t number) {
    return add(_mm_cvtsi64_si128(static_cast<std::int64_t>(number)));
  }
  /// The hash of all blocks added so far, at least one.
  std::uint64_t hash() const { return static_cast<std::uint64_t>(_mm_cvtsi128_si64(state_)); }

 private:
  const __m128i* keys_;
  __m128i state_ = _mm_setzero_si128();
};

/// Hash of an IPv4 or IPv6 address.
inline std::uint64_t hash_of(const IpAddress& address, const HashKey& key) {
  return HashChain(key).add(address).hash();
}

/// Hash of a number: a port, a prefix index, anything of at most 64 bits.
inline std::uint64_t hash_of(std::uint64_t value, const HashKey& key) {
  return HashChain(key).add(value).hash();
}

/// Hash of a string of bytes.
inline std::uint64_t hash_bytes(const std::uint8_t* bytes, std::size_t size, const HashKey& key) {
  HashChain chain(key);
  chain.add(std::uint64_t{size});
  const std::size_t tail = size % sizeof(__m128i);
  const std::uint8_t* const end = bytes + (size - tail);
  for (; bytes != end; bytes += sizeof(__m128i)) {
    chain.add(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
  }
  if (tail != 0) {
    __m128i block = _mm_setzero_si128();
    std::memcpy(&block, bytes, tail);
    chain.add(block);
  }
  return chain.hash();
}

}  // namespace floodgauge
