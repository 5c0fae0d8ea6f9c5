// Keyed 64-bit hashes of what the engine counts by: an address, a number, a flow. Whoever knows
// this code but not the key cannot aim collisions at the tables and sketches behind them.
//
// The construction has two steps.
//   1. A strongly universal hash: pair-multiply-shift (Thorup, "High Speed Hashing for Integers and
//      Strings", arXiv:1504.06804, section on vectors; the same family as multilinear-HM of Lemire
//      and Kaser, "Strongly universal string hashing is fast", Computer Journal 57(11), 2014).
//      Over 128-bit arithmetic with 128-bit secrets, the upper 64 bits of
//          (A0 + x1)(A1 + x0) + (A2 + x3)(A3 + x2) + A4 x4 + A5   mod 2^128
//      are pairwise independent: any two different inputs, chosen before the key, collide with
//      probability 2^-64, and each is uniform. The proof covers the draw in which a factor becomes
//      zero. wyhash and its kin fold a 64x64 product instead, so that one input word which meets
//      its 64-bit secret makes the rest of the input vanish; here a factor is 128 bits wide and
//      only its sum with an input of 64 bits is used, so that no input can zero it but by a 2^-64
//      accident of the key.
//   2. A fixed bijection (the finaliser of SplitMix64: Steele, Lea and Flood, OOPSLA 2014). It
//   costs
//      no collision, and breaks the linearity of step 1: without it, addresses in a row would fall
//      on an arithmetic progression, spread more evenly than chance, and bias every sketch.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/parse/address.h"

namespace floodgauge {

/// The secret: six 128-bit numbers, low half first. Two cache lines when aligned so.
struct HashKey {
  std::array<std::uint64_t, 12> k{};
  constexpr bool operator==(const HashKey&) const = default;
};

/// The key of a seed: the same on every machine (for --seed and tests). Not secret.
HashKey key_from_seed(std::uint64_t seed);

/// A key drawn from the kernel (getrandom). Throws std::system_error when that fails.
HashKey random_key();

namespace hash_detail {

__extension__ using U128 = unsigned __int128;

/// Secret number `i`, 0..5.
inline U128 secret(const HashKey& key, std::size_t i) {
  return U128{key.k[2 * i + 1]} << 64 | key.k[2 * i];
}

struct Words {
  std::uint64_t x0, x1;
};

inline Words words(const IpAddress& address) {
  Words w;
  std::memcpy(&w, address.bytes.data(), sizeof w);
  return w;
}

/// The upper half, then step 2.
inline std::uint64_t finish(U128 sum) {
  auto x = static_cast<std::uint64_t>(sum >> 64);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

inline U128 pair_product(const HashKey& key, std::size_t i, Words w) {
  return (secret(key, i) + w.x1) * (secret(key, i + 1) + w.x0);
}

}  // namespace hash_detail

/// Hash of an address of either version.
inline std::uint64_t hash_of(const IpAddress& address, const HashKey& key) {
  return hash_detail::finish(hash_detail::pair_product(key, 0, hash_detail::words(address)) +
                             hash_detail::secret(key, 5));
}

/// Hash of a number: a port, a prefix index, anything of at most 64 bits.
inline std::uint64_t hash_of(std::uint64_t value, const HashKey& key) {
  return hash_detail::finish(hash_detail::secret(key, 4) * value + hash_detail::secret(key, 5));
}

/// Hash of a string of bytes: the hash of words above, chained over blocks of 16 bytes. That the
/// key is the same for every block leaves the bound on collisions proven for one block only;
/// nothing better than guessing is known beyond it.
inline std::uint64_t hash_bytes(const std::uint8_t* bytes, std::size_t size, const HashKey& key) {
  std::uint64_t state = size;
  for (std::size_t done = 0; done < size; done += 16) {
    hash_detail::Words block{0, 0};
    std::memcpy(&block, bytes + done, size - done < 16 ? size - done : 16);
    state = hash_detail::finish(hash_detail::pair_product(key, 0, block) +
                                hash_detail::secret(key, 4) * state + hash_detail::secret(key, 5));
  }
  return state;
}

/// Hash of a flow in one direction. Ports in host order, 0 where the protocol has none.
inline std::uint64_t hash_flow(const IpAddress& source, const IpAddress& destination,
                               std::uint16_t source_port, std::uint16_t destination_port,
                               std::uint8_t protocol, const HashKey& key) {
  const std::uint64_t rest =
      std::uint64_t{source_port} << 24 | std::uint64_t{destination_port} << 8 | protocol;
  return hash_detail::finish(hash_detail::pair_product(key, 0, hash_detail::words(source)) +
                             hash_detail::pair_product(key, 2, hash_detail::words(destination)) +
                             hash_detail::secret(key, 4) * rest + hash_detail::secret(key, 5));
}

/// Hash of a flow, equal for both of its directions. The ends are put in order first: adding up a
/// hash of each would let an attacker who knows no key make collisions.
inline std::uint64_t hash_flow_symmetric(const IpAddress& source, const IpAddress& destination,
                                         std::uint16_t source_port, std::uint16_t destination_port,
                                         std::uint8_t protocol, const HashKey& key) {
  hash_detail::Words a = hash_detail::words(source);
  hash_detail::Words b = hash_detail::words(destination);
  const hash_detail::U128 wide_a = hash_detail::U128{a.x1} << 64 | a.x0;
  const hash_detail::U128 wide_b = hash_detail::U128{b.x1} << 64 | b.x0;
  const bool swap = (wide_a > wide_b) | ((wide_a == wide_b) & (source_port > destination_port));
  // Which end is greater is a coin toss to the branch predictor: exchanged by mask.
  const std::uint64_t mask = swap ? ~std::uint64_t{0} : 0;
  const std::uint64_t difference0 = (a.x0 ^ b.x0) & mask;
  const std::uint64_t difference1 = (a.x1 ^ b.x1) & mask;
  a = {a.x0 ^ difference0, a.x1 ^ difference1};
  b = {b.x0 ^ difference0, b.x1 ^ difference1};
  const std::uint64_t forward = std::uint64_t{source_port} << 16 | destination_port;
  const std::uint64_t backward = std::uint64_t{destination_port} << 16 | source_port;
  const std::uint64_t ports = forward ^ ((forward ^ backward) & mask);
  return hash_detail::finish(
      hash_detail::pair_product(key, 0, a) + hash_detail::pair_product(key, 2, b) +
      hash_detail::secret(key, 4) * (ports << 8 | protocol) + hash_detail::secret(key, 5));
}

}  // namespace floodgauge
