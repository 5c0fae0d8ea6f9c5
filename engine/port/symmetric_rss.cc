#include "engine/port/symmetric_rss.h"

#include <array>
#include <bit>
#include <cstring>

namespace floodgauge {
namespace {

/// For each value of a byte: what it adds (XOR) to the hash. `shift`: the byte's first bit within
/// its 16-bit word, 0 or 8.
constexpr std::array<std::uint16_t, 256> contributions(int shift) {
  std::array<std::uint16_t, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    for (int bit = 0; bit < 8; ++bit) {
      if ((value & (0x80u >> bit)) != 0) {
        table[value] =
            static_cast<std::uint16_t>(table[value] ^ std::rotl(kSymmetricRssKey, shift + bit));
      }
    }
  }
  return table;
}
constexpr std::array<std::uint16_t, 256> kFirst = contributions(0);
constexpr std::array<std::uint16_t, 256> kSecond = contributions(8);

}  // namespace

// The Toeplitz hash is linear (XOR) and the key repeats every 16 bits, so a bit's contribution
// depends only on its position modulo 16. The hash is therefore that of the XOR of all 16-bit
// words, and its two halves are equal. An IPv4 address in mapped form has the same hash as its four
// bytes, because the prefix ::ffff occurs in both addresses and cancels out.
std::uint32_t symmetric_rss(const IpAddress& source, const IpAddress& destination) {
  std::array<std::uint64_t, 4> words;
  std::memcpy(words.data(), source.bytes.data(), 16);
  std::memcpy(words.data() + 2, destination.bytes.data(), 16);
  return symmetric_rss(words[0] ^ words[1] ^ words[2] ^ words[3]);
}

std::uint32_t symmetric_rss(std::uint64_t folded) {
  folded ^= folded >> 32;
  folded ^= folded >> 16;
  std::array<std::uint8_t, 8> bytes;
  std::memcpy(bytes.data(), &folded, 8);
  const std::size_t at = std::endian::native == std::endian::little ? 0 : 6;
  const auto half = static_cast<std::uint32_t>(kFirst[bytes[at]] ^ kSecond[bytes[at + 1]]);
  return half << 16 | half;
}

}  // namespace floodgauge
