// The address hash by which packets are spread over workers, in software as by a NIC.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/base/address.h"

namespace floodgauge {

/// The Toeplitz hash of (source, destination) with the key 6d5a 6d5a ..., which is the same for
/// both directions of an address pair: S. Woo, K. Park, "Scalable TCP Session Monitoring with
/// Symmetric Receive-side Scaling", 2012. Ports are not hashed, because fragments have none.
std::uint32_t symmetric_rss(const IpAddress& source, const IpAddress& destination);

/// The two bytes that are repeated in the key above.
inline constexpr std::uint16_t kSymmetricRssKey = 0x6d5a;

/// The same hash, computed from the XOR of the two addresses' 64-bit words as they lie in memory:
/// four words for IPv6, one for IPv4.
std::uint32_t symmetric_rss(std::uint64_t folded);

/// Shares of the hashes, as the entries of a NIC's redirection table: a share goes to one queue as
/// a whole.
inline constexpr std::uint32_t kHashShares = 128;
constexpr std::uint32_t hash_share(std::uint32_t hash) {
  return hash >> 25;
}

/// A NIC takes the entry of its redirection table from the lowest bits of its hash. It gets the key
/// rotated to the left by so many bits, which rotates its hash by as many: entry i of a table of
/// kHashShares entries then has share i.
inline constexpr int kNicRotation = 7;
static_assert(kHashShares == 1u << kNicRotation);
/// The NIC's key.
template <std::size_t Bytes>
constexpr std::array<std::uint8_t, Bytes> nic_rss_key() {
  constexpr std::uint16_t kRotated = std::rotl(kSymmetricRssKey, kNicRotation);
  std::array<std::uint8_t, Bytes> key{};
  for (std::size_t i = 0; i < Bytes; ++i) {
    key[i] = static_cast<std::uint8_t>(kRotated >> (i % 2 == 0 ? 8 : 0));
  }
  return key;
}
/// symmetric_rss() of the addresses of which a NIC with that key computed `hash`.
constexpr std::uint32_t symmetric_rss_of_nic(std::uint32_t hash) {
  return std::rotr(hash, kNicRotation);
}

/// The queue, 0 to `queues` - 1, of one of `shares` shares of the hashes. No queue has over one
/// share more than another.
constexpr std::uint32_t queue_of_share(std::uint32_t share, std::uint32_t shares,
                                       std::uint32_t queues) {
  return share * queues / shares;
}

/// Maps a hash to a queue, 0 to `queues` - 1, at least 1. Up to 32 queues, no queue has over a
/// quarter more hashes than another, and any number divides the shares without splitting one; more
/// queues do so when they divide 128, and otherwise have equal parts of the hashes.
constexpr std::uint32_t queue_of(std::uint32_t hash, std::uint32_t queues) {
  constexpr std::uint32_t kFew = 32;
  if (queues <= kFew) return queue_of_share(hash_share(hash), kHashShares, queues);
  return static_cast<std::uint32_t>((std::uint64_t{hash} * queues) >> 32);
}

}  // namespace floodgauge
