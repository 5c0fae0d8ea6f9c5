// The first four bytes of a payload as one number, to compare them at once.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/classify/payload.h"

namespace floodgauge {

/// Of a payload with at least four bytes.
inline std::uint32_t first_four(Payload payload) {
  std::uint32_t word;
  std::memcpy(&word, payload.data(), 4);
  return word;
}

constexpr std::uint32_t word_of(const char (&text)[5]) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(text[0])) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(text[1])) << 8 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(text[2])) << 16 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(text[3])) << 24;
}

}  // namespace floodgauge
