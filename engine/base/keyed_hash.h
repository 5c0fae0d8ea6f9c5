// Keyed 64-bit hashes of what the engine counts by: an address, a number, a flow's ends, a name.
// Whoever knows this code but not the key cannot aim collisions at the tables and sketches behind
// them.
//
// Of a block of 16 bytes: the first half of four rounds of AES under secret and independent round
// keys. A permutation of the blocks, for which two different ones, chosen before the keys, end in
// one given difference with a probability of at most 1.9 * 2^-114 (Keliher and Sui, "Exact maximum
// expected differential and linear probability for two-round Advanced Encryption Standard", IET
// Information Security 1(2), 2007): so in the same half with 2^-49 at most, a bound that counts all
// 2^64 differences as if each were the worst, where chance has 2^-64. After two rounds each bit
// hangs on all of the block.
//
// Of several blocks: one after the other, each added to what the rounds made of those before
// (Minematsu and Tsunoo, "Provably secure MACs from differentially-uniform permutations and
// AES-based implementations", FSE 2006, chain the same four rounds, with keys of their own a
// block). What is hashed together has the same number of blocks, or begins with its length.
//
// The processor has an instruction for a round: a hash of an address takes seven instructions.
#pragma once

#include <emmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/address.h"
#include "engine/base/aes_rounds.h"

namespace floodgauge {

/// The secret: five round keys, low half first.
struct alignas(16) HashKey {
  std::array<std::uint64_t, 2 * (kAesRounds + 1)> k{};
  constexpr bool operator==(const HashKey&) const = default;
};

/// The key of a seed: the same on every machine (for --seed and tests). Not secret.
HashKey key_from_seed(std::uint64_t seed);

/// A key drawn from the kernel (getrandom). Throws std::system_error when that fails.
HashKey random_key();

/// Blocks of 16 bytes on their way to a hash.
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
  /// Of what was added, one block at least.
  std::uint64_t hash() const { return static_cast<std::uint64_t>(_mm_cvtsi128_si64(state_)); }

 private:
  const __m128i* keys_;
  __m128i state_ = _mm_setzero_si128();
};

/// Hash of an address of either version.
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
