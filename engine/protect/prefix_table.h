// Which protected prefix an address lies in: longest-prefix match for both versions, built once and
// never changed. A new configuration builds a new table, which is swapped in whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/address.h"
#include "engine/protect/poptrie.h"

namespace floodgauge {

/// What a lookup gives for an address in no prefix. Ids are below it.
inline constexpr std::uint32_t kNoPrefix = 0x7fff'ffff;

class PrefixTable {
 public:
  struct Entry {
    IpPrefix prefix;
    std::uint32_t id = 0;  ///< below kNoPrefix
  };

  /// Of entries with the same prefix the first counts. Host bits are ignored. Throws
  /// std::invalid_argument when an id is not below kNoPrefix.
  static std::unique_ptr<const PrefixTable> build(std::span<const Entry> entries);

  /// The id of the longest prefix that holds `address`, or kNoPrefix. An IPv4 address is looked for
  /// among IPv4 prefixes only, an IPv6 address among IPv6 prefixes only.
  std::uint32_t lookup(const IpAddress& address) const noexcept {
    if (address.is_v4()) return v4_.lookup(v4_key(address));
    return v6_.lookup(v6_key(address));
  }

  /// lookup() of each address into ids[i], with the memory accesses of many lookups under way at
  /// once. `ids` has room for all.
  void lookup_burst(std::span<const IpAddress* const> addresses, std::uint32_t* ids) const noexcept;

  /// All that the table takes. Bounded by the number of entries; see Poptrie.
  std::size_t memory_bytes() const;

 private:
  /// IPv4 addresses at the left of 64 bits: a narrow key is cheaper to shift than IPv6's.
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
