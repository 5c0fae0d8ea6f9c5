// Divides address pairs into shares that no worker splits with another. The addresses of a packet
// choose its worker, by the highest bits of symmetric_rss(); the highest seven bits choose its
// share. With 1, 2, 4... 128 workers, all packets of a share therefore reach one worker. A table in
// which each share has its own room forgets the same entries for any such number of workers, even
// when it is full.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {

inline constexpr std::uint32_t kAddressShares = 128;

inline std::uint32_t share_of(const IpAddress& source, const IpAddress& destination) {
  return queue_of(symmetric_rss(source, destination), kAddressShares);
}

/// `hash` with the share in place of the bits from `lowest` on: for a table that takes the bucket
/// from bits of which these are the highest.
constexpr std::uint64_t in_share(std::uint64_t hash, std::uint32_t share, unsigned lowest) {
  const std::uint64_t bits = std::uint64_t{kAddressShares - 1} << lowest;
  return (hash & ~bits) | std::uint64_t{share} << lowest;
}

}  // namespace floodgauge
