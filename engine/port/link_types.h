// What the readers of captures know of the link types (parse/link_type.h).
#pragma once

#include <cstdint>

#include "engine/parse/parser.h"

namespace floodgauge {

/// Largest valid record of a link type in bytes: 256 KiB, but 128 MiB for the few types whose
/// records are whole messages (D-Bus, USB). capinfos has the same limits.
std::uint32_t largest_record(std::uint32_t number);

}  // namespace floodgauge
