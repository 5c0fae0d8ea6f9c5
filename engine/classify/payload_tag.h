// What is kept of a payload beside its packet's vector: of a DNS query a hash of the name, of
// everything else the signature that matched.
#pragma once

#include <cstdint>

namespace floodgauge {

/// 0: nothing is known of the payload. Whether a tag is a hash or a signature, the packet's vector
/// tells.
constexpr std::uint32_t tag_of_signature(std::uint16_t index) {
  return 0x8000'0000u | index;
}
constexpr std::uint16_t signature_of_tag(std::uint32_t tag) {
  return static_cast<std::uint16_t>(tag);
}

}  // namespace floodgauge
