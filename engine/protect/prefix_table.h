// Longest-prefix match for IPv4 and IPv6: which protected prefix contains an address. A table never
// changes after it was built; a new configuration builds a new table that replaces the old one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/address.h"
#include "engine/protect/poptrie.h"

namespace floodgauge {

/// Result of a lookup for an address in no prefix. All ids are less.
inline constexpr std::uint32_t kNoPrefix = 0x7fff'ffff;

/// Immutable, so any number of threads may look up at the same time.
class PrefixTable {
 public:
  struct Entry {
    IpPrefix prefix;
    std::uint32_t id = 0;  ///< below kNoPrefix
  };

  /// Builds a table. Of several entries with the same prefix the first is used. Host bits are
  /// ignored. Throws std::invalid_argument when an id is not below kNoPrefix.
  static std::unique_ptr<const PrefixTable> build(std::span<const Entry> entries);

  /// The id of the longest prefix that contains `address`, or kNoPrefix. IPv4 addresses are matched
  /// with IPv4 prefixes only, IPv6 addresses with IPv6 prefixes only.
  std::uint32_t lookup(const IpAddress& address) const noexcept {
    if (address.is_v4()) return v4_.lookup(v4_key(address));
    return v6_.lookup(v6_key(address));
  }

  /// Sets ids[i] to the lookup() of addresses[i]. `ids` has room for all of them. Faster than
  /// single lookups, because the memory accesses of up to 32 lookups overlap.
  void lookup_burst(std::span<const IpAddress* const> addresses, std::uint32_t* ids) const noexcept;

  /// Memory of the table in bytes. Poptrie documents the bound.
  std::size_t memory_bytes() const;

 private:
  /// An IPv4 address in the upper half of 64 bits, because these are cheaper to shift than 128.
  using KeyV4 = std::uint64_t;
  using KeyV6 = Bits128;

  PrefixTable(Poptrie<KeyV4> v4, Poptrie<KeyV6> v6);

  static KeyV4 v4_key(const IpAddress& address) { return KeyV4{address.v4()} << 32; }
  static KeyV6 v6_key(const IpAddress& address) {
    std::uint64_t high;
    std::uint64_t low;
    std::memcpy(&high, address.bytes.data(), 8);
    std::memcpy(&low, address.bytes.data() + 8, 8);
    return KeyV6{__builtin_bswap64(high)} << 64 | __builtin_bswap64(low);
  }

  Poptrie<KeyV4> v4_;
  Poptrie<KeyV6> v6_;
};

}  // namespace floodgauge
