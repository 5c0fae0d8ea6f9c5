// Reading a payload without ever going past its end: what the payload parsers have in common.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace floodgauge {

/// The bytes of a transport payload that were captured. They may be fewer than were sent.
using Payload = std::span<const std::uint8_t>;

/// True when the payload has `text` at `offset`, all of it.
inline bool has_at(Payload payload, std::size_t offset, std::string_view text) {
  return payload.size() >= offset && payload.size() - offset >= text.size() &&
         std::memcmp(payload.data() + offset, text.data(), text.size()) == 0;
}

/// Network order. The caller has checked that the bytes are there.
inline std::uint16_t load16(Payload payload, std::size_t offset) {
  return static_cast<std::uint16_t>(payload[offset] << 8 | payload[offset + 1]);
}
inline std::uint32_t load32(Payload payload, std::size_t offset) {
  return std::uint32_t{load16(payload, offset)} << 16 | load16(payload, offset + 2);
}

/// The three digits of a status code (HTTP, SIP) at `offset`, 100..699, or 0.
inline std::uint16_t status_code_at(Payload payload, std::size_t offset) {
  if (payload.size() < offset + 3) return 0;
  unsigned code = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const unsigned digit = payload[offset + i] - unsigned{'0'};
    if (digit > 9) return 0;
    code = code * 10 + digit;
  }
  return code >= 100 && code <= 699 ? static_cast<std::uint16_t>(code) : std::uint16_t{0};
}

}  // namespace floodgauge
