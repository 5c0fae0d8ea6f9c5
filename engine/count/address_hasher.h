// The keyed hashes of keyed_hash.h as the worker computes them, a packet at a time. An IPv4 address
// has one word that is zero, so that each pair product is one product and a sum known beforehand:
// a third of the multiplications, and the same values to the bit.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "detectors/sketch/keyed_hash.h"
#include "engine/mask.h"
#include "engine/parse/address.h"

namespace floodgauge {

/// The hash of a flow, and which end sent this packet.
struct FlowHash {
  std::uint64_t hash;
  bool from_upper;  ///< sent by the end that comes second in the order that the hash puts them in
};

/// What a packet's flow hash is of. Ports 0 where the protocol has none.
struct FlowPorts {
  std::uint16_t source;
  std::uint16_t destination;
  std::uint8_t protocol;

  /// The word that is hashed beside the addresses, the ports in order or exchanged.
  std::uint64_t word(bool exchanged) const {
    const std::uint32_t ports = std::uint32_t{source} << 16 | destination;
    const std::uint64_t ordered = std::rotl(ports, exchanged ? 16 : 0);
    return ordered << 8 | protocol;
  }
};

class AddressHasher {
 public:
  explicit AddressHasher(const HashKey& key)
      : key_(key),
        address_v4_(hash_detail::secret(key, 0) * hash_detail::secret(key, 1) +
                    hash_detail::secret(key, 5)),
        flow_v4_(address_v4_ + hash_detail::secret(key, 2) * hash_detail::secret(key, 3)) {}

  /// hash_of(address, key).
  std::uint64_t address(const IpAddress& address) const {
    const hash_detail::Words w = hash_detail::words(address);
    return w.x0 == 0 ? address_v4(w.x1) : hash_of(address, key_);
  }
  /// The same of an IPv4 address's second word; the first is 0.
  std::uint64_t address_v4(std::uint64_t word) const {
    return hash_detail::finish(hash_detail::secret(key_, 1) * word + address_v4_);
  }

  /// hash_flow_symmetric(source, destination, ports, protocol, key).
  FlowHash flow(const IpAddress& source, const IpAddress& destination, FlowPorts ports) const {
    const hash_detail::Words a = hash_detail::words(source);
    const hash_detail::Words b = hash_detail::words(destination);
    if ((a.x0 | b.x0) == 0) return flow_v4(a.x1, b.x1, ports);
    const bool upper = a.x1 != b.x1   ? a.x1 > b.x1
                       : a.x0 != b.x0 ? a.x0 > b.x0
                                      : ports.source > ports.destination;
    return {hash_flow_symmetric(source, destination, ports.source, ports.destination,
                                ports.protocol, key_),
            upper};
  }
  /// The same of two IPv4 addresses' second words. Without a branch: which end sends is as good as
  /// a coin.
  FlowHash flow_v4(std::uint64_t source, std::uint64_t destination, FlowPorts ports) const {
    const bool upper =
        (source > destination) | ((source == destination) & (ports.source > ports.destination));
    const std::uint64_t exchange = (source ^ destination) & mask_of(upper);
    const std::uint64_t least = source ^ exchange;
    const std::uint64_t greatest = destination ^ exchange;
    return {hash_detail::finish(hash_detail::secret(key_, 1) * least +
                                hash_detail::secret(key_, 3) * greatest +
                                hash_detail::secret(key_, 4) * ports.word(upper) + flow_v4_),
            upper};
  }

  const HashKey& key() const { return key_; }

 private:
  HashKey key_;
  hash_detail::U128 address_v4_;
  hash_detail::U128 flow_v4_;
};

}  // namespace floodgauge
