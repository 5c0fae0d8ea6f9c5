#include "engine/port/symmetric_rss.h"

#include <array>
#include <bit>
#include <cstring>

namespace floodgauge {
namespace {

constexpr std::uint16_t kKey = 0x6d5a;

/// What the byte that is `shift` bits into a 16-bit word adds to the hash, for each of its values.
constexpr std::array<std::uint16_t, 256> contributions(int shift) {
  std::array<std::uint16_t, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    for (int bit = 0; bit < 8; ++bit) {
      if ((value & (0x80u >> bit)) != 0) {
        table[value] = static_cast<std::uint16_t>(table[value] ^ std::rotl(kKey, shift + bit));
      }
    }
  }
  return table;
}
constexpr std::array<std::uint16_t, 256> kFirst = contributions(0);
constexpr std::array<std::uint16_t, 256> kSecond = contributions(8);

}  // namespace

// The key repeats after 16 bits and the hash is linear: equal bits of equal 16-bit columns cancel
// out, wherever they stand. So the hash is that of all 16-bit words folded into one, twice over.
// For the same reason IPv4 hashes in its mapped form as in its own four bytes.
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
