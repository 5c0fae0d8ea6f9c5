// Integers of a file whose byte order is known only once its first bytes were read.
#pragma once

#include <cstdint>
#include <cstring>

namespace floodgauge {

/// `kSwapped`: the file's order is not this machine's. No alignment is asked of `at`.
template <bool kSwapped>
inline std::uint32_t read_u32(const std::uint8_t* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return kSwapped ? __builtin_bswap32(value) : value;
}

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
