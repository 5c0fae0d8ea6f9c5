// Divides address pairs into shares that no worker splits with another. The addresses of a packet
// choose its worker by the share of symmetric_rss() that they belong to (queue_of()), so that all
// packets of a share reach one worker, with any number of workers up to 32. A table in which each
// share has its own room then forgets the same entries for any such number, even when it is full.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {

inline constexpr std::uint32_t kAddressShares = kHashShares;

inline std::uint32_t share_of(const IpAddress& source, const IpAddress& destination) {
  return hash_share(symmetric_rss(source, destination));
}

/// `hash` with the share in place of the bits from `lowest` on: for a table that takes the bucket
/// from bits of which these are the highest.
constexpr std::uint64_t in_share(std::uint64_t hash, std::uint32_t share, unsigned lowest) {
  const std::uint64_t bits = std::uint64_t{kAddressShares - 1} << lowest;
  return (hash & ~bits) | std::uint64_t{share} << lowest;
}

}  // namespace floodgauge
