// An IP address of either version, and a prefix of them.
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

/// IPv6 in network order; IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), so that one key
/// serves both. Trivially copyable, 16 bytes.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  /// In network order. Of two words each, where memcmp would be called.
  constexpr bool operator==(const IpAddress& other) const {
    return ((high() ^ other.high()) | (low() ^ other.low())) == 0;
  }
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

  /// Accepts dotted quad and RFC 4291 text; nothing else (no zone, no port, no blanks, no leading
  /// zeros in a quad, which some readers take for octal).
  static std::optional<IpAddress> parse(std::string_view text);
  /// Dotted quad or RFC 5952 text.
  std::string text() const;

  /// The first and the last 8 bytes as they lie in memory.
  constexpr std::uint64_t high() const { return std::bit_cast<Words>(bytes).high; }
  constexpr std::uint64_t low() const { return std::bit_cast<Words>(bytes).low; }

 private:
  struct Words {
    std::uint64_t high;
    std::uint64_t low;
  };
};
static_assert(sizeof(IpAddress) == 16);

/// `length` counts from the left of the address's own version: 0..32 for IPv4, 0..128 for IPv6.
/// Host bits are zero.
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;
  bool v6 = false;

  constexpr auto operator<=>(const IpPrefix&) const = default;

  static IpPrefix host(const IpAddress& address);
  /// The prefix of `length` (own version's scale) that holds `address`.
  static IpPrefix around(const IpAddress& address, std::uint8_t length);
  /// "192.0.2.0/24", "2001:db8::/32", or a bare address (its host prefix). Empty when the text is
  /// not a prefix. Host bits that are set are cleared: ask text_has_host_bits whether there were
  /// any. A prefix inside ::ffff:0:0/96 is the IPv4 prefix it stands for.
  static std::optional<IpPrefix> parse(std::string_view text);
  /// True for a text that parses and names a prefix with host bits set, as "192.0.2.1/24".
  static bool text_has_host_bits(std::string_view text);
  bool contains(const IpAddress& address) const;
  std::string text() const;
};

}  // namespace floodgauge
