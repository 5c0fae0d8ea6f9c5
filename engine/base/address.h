// IP addresses of both versions, and prefixes.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace floodgauge {

/// An IPv6 address in network order, or an IPv4 address as ::ffff:a.b.c.d (RFC 4291, section
/// 2.5.5.2), so that both versions are keys of the same type. Trivially copyable, 16 bytes.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  // Compares two words of 64 bits; std::array's operators would call memcmp.
  constexpr bool operator==(const IpAddress& other) const {
    return ((high() ^ other.high()) | (low() ^ other.low())) == 0;
  }
  /// The order of the bytes in network order.
  constexpr std::strong_ordering operator<=>(const IpAddress& other) const {
    return high() != other.high() ? __builtin_bswap64(high()) <=> __builtin_bswap64(other.high())
                                  : __builtin_bswap64(low()) <=> __builtin_bswap64(other.low());
  }

  /// True for an IPv4 address in its mapped form.
  bool is_v4() const {
    std::uint64_t high;
    std::uint32_t middle;
    std::memcpy(&high, bytes.data(), 8);
    std::memcpy(&middle, bytes.data() + 8, 4);
    return high == 0 && middle == 0xffff0000u;
  }
  /// `host_order`: 192.0.2.1 is 0xc0000201.
  static constexpr IpAddress from_v4(std::uint32_t host_order) {
    IpAddress address;
    address.bytes[10] = 0xff;
    address.bytes[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i) {
      address.bytes[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    }
    return address;
  }
  /// Host order; meaningful only when is_v4().
  std::uint32_t v4() const {
    std::uint32_t network_order;
    std::memcpy(&network_order, bytes.data() + 12, 4);
    return __builtin_bswap32(network_order);
  }

  /// Accepts a dotted quad or RFC 4291 text. Rejects zones, ports, blanks, and leading zeros in a
  /// quad, which some parsers read as octal.
  static std::optional<IpAddress> parse(std::string_view text);
  /// Dotted quad or RFC 5952 text.
  std::string text() const;

  /// The first and the last 8 bytes as words of the machine's (little-endian) byte order.
  constexpr std::uint64_t high() const { return std::bit_cast<Words>(bytes).high; }
  constexpr std::uint64_t low() const { return std::bit_cast<Words>(bytes).low; }

 private:
  struct Words {
    std::uint64_t high;
    std::uint64_t low;
  };
};
static_assert(sizeof(IpAddress) == 16);

/// A prefix. `length` is on the scale of the address's own version: 0..32 for IPv4, 0..128 for
/// IPv6. Host bits are zero.
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;
  bool v6 = false;

  constexpr auto operator<=>(const IpPrefix&) const = default;

  /// The prefix of this address alone.
  static IpPrefix host(const IpAddress& address);
  /// The prefix of `length` (on the version's own scale) that contains `address`. A length that is
  /// too large gives the host prefix.
  static IpPrefix around(const IpAddress& address, std::uint8_t length);
  /// Parses "192.0.2.0/24", "2001:db8::/32", or a bare address (its host prefix). Returns nothing
  /// if the text is not a prefix. Clears host bits; text_has_host_bits() tells whether there were
  /// any. A prefix inside ::ffff:0:0/96 becomes the IPv4 prefix that it stands for.
  static std::optional<IpPrefix> parse(std::string_view text);
  /// True if the text is a prefix with host bits set, such as "192.0.2.1/24".
  static bool text_has_host_bits(std::string_view text);
  bool contains(const IpAddress& address) const;
  std::string text() const;
};

}  // namespace floodgauge
