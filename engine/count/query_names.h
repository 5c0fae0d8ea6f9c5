// The names that some of a window's DNS queries ask for: of a flood for random names in a zone,
// they tell the zone. Of each name the last labels that fit are kept: a zone is the end of its
// names.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/address.h"

namespace floodgauge {

struct SampledName {
  IpAddress destination;
  std::uint32_t choice = 0;               ///< of its packet in the sample (SampledPacket)
  std::uint8_t bytes = 0;                 ///< of `labels`
  bool cut = false;                       ///< the name has further labels before these
  std::array<std::uint8_t, 58> labels{};  ///< as on the wire, without the root's zero byte

  bool operator<(const SampledName& other) const {
    if (destination != other.destination) return destination < other.destination;
    if (choice != other.choice) return choice < other.choice;
    if (bytes != other.bytes) return bytes < other.bytes;
    return std::memcmp(labels.data(), other.labels.data(), bytes) < 0;
  }
};
static_assert(sizeof(SampledName) == 80);

/// Writes the last labels of the first question of a DNS message (RFC 1035, section 4.1.2). False
/// when there is none, when it is malformed, or when the captured bytes end within it.
inline bool read_name_end(const std::uint8_t* message, std::size_t captured, SampledName& name) {
  constexpr std::size_t kHeaderBytes = 12;
  constexpr std::size_t kMostNameBytes = 255;  // RFC 1035, section 2.3.4
  constexpr std::uint8_t kMostLabelBytes = 63;
  if (captured <= kHeaderBytes || (message[4] | message[5]) == 0) return false;
  const std::uint8_t* const wire = message + kHeaderBytes;
  const std::size_t most = std::min(captured - kHeaderBytes, kMostNameBytes);
  std::size_t end = 0;
  while (end < most && wire[end] != 0) {
    if (wire[end] > kMostLabelBytes) return false;
    end += 1u + wire[end];
  }
  if (end >= most) return false;
  std::size_t begin = 0;
  while (end - begin > name.labels.size()) begin += 1u + wire[begin];
  name.cut = begin != 0;
  name.bytes = static_cast<std::uint8_t>(end - begin);
  std::memcpy(name.labels.data(), wire + begin, name.bytes);
  return true;
}

}  // namespace floodgauge
