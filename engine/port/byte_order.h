// Reads 16- and 32-bit integers of a file whose byte order is known only at run time.
#pragma once

#include <cstdint>
#include <cstring>

namespace floodgauge {

/// Reads four bytes at `at`, which needs no alignment. `kSwapped`: the file's byte order differs
/// from this machine's.
template <bool kSwapped>
inline std::uint32_t read_u32(const std::uint8_t* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return kSwapped ? __builtin_bswap32(value) : value;
}

/// Reads two bytes, as read_u32() reads four.
template <bool kSwapped>
inline std::uint16_t read_u16(const std::uint8_t* at) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof(value));
  return kSwapped ? __builtin_bswap16(value) : value;
}

inline std::uint32_t read_u32(const std::uint8_t* at, bool swapped) {
  return swapped ? read_u32<true>(at) : read_u32<false>(at);
}

inline std::uint16_t read_u16(const std::uint8_t* at, bool swapped) {
  return swapped ? read_u16<true>(at) : read_u16<false>(at);
}

}  // namespace floodgauge
