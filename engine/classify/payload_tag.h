// The tag of a packet: what is kept of its payload beside the packet's vector. For a DNS query it
// is a hash of the name, for every other packet the signature that matched.
#pragma once

#include <cstdint>

namespace floodgauge {

/// A tag of 0 means that nothing is known of the payload. The packet's vector says whether its tag
/// is a hash or a signature.
constexpr std::uint32_t tag_of_signature(std::uint16_t index) {
  return 0x8000'0000u | index;
}
constexpr std::uint16_t signature_of_tag(std::uint32_t tag) {
  return static_cast<std::uint16_t>(tag);
}

}  // namespace floodgauge
