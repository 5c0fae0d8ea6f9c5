// The hash by which a capture's packets are spread over workers, as a NIC would spread them.
#pragma once

#include <cstdint>

#include "engine/base/address.h"

namespace floodgauge {

/// The Toeplitz hash of (source, destination) under the key 6d5a 6d5a ..., which is the same for
/// both directions of a pair: S. Woo, K. Park, "Scalable TCP Session Monitoring with Symmetric
/// Receive-side Scaling", 2012. Addresses only: a fragment has no ports.
std::uint32_t symmetric_rss(const IpAddress& source, const IpAddress& destination);

/// The same of the XOR of all 64-bit words, as they lie in memory, that the two addresses are made
/// of: four in IPv6, one in IPv4.
std::uint32_t symmetric_rss(std::uint64_t folded);

/// Maps a hash to one of `queues` (1 or more), evenly over all hashes.
constexpr std::uint32_t queue_of(std::uint32_t hash, std::uint32_t queues) {
  return static_cast<std::uint32_t>((std::uint64_t{hash} * queues) >> 32);
}

}  // namespace floodgauge
