// What the stages that look into payloads read.
#pragma once

#include <cstdint>
#include <span>

namespace floodgauge {

/// The bytes of a transport payload that were captured. They may be fewer than were sent.
using Payload = std::span<const std::uint8_t>;

}  // namespace floodgauge
