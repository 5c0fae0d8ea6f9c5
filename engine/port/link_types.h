// Maps the link-type numbers in captures to the link types that the parser opens.
#pragma once

#include <cstdint>

#include "engine/parse/parser.h"

namespace floodgauge {

/// `number` is a LINKTYPE_ value of the tcpdump group's registry, or one of the DLT_ values that
/// some systems write in its place. Unknown numbers are LinkType::other: such frames are counted
/// but not opened.
LinkType link_type_of(std::uint32_t number);

/// Largest valid record of a link type in bytes: 256 KiB, but 128 MiB for the few types whose
/// records are whole messages (D-Bus, USB). capinfos has the same limits.
std::uint32_t largest_record(std::uint32_t number);

}  // namespace floodgauge
