// The link-type numbers that captures carry, as what the parser opens.
#pragma once

#include <cstdint>

#include "engine/parse/parser.h"

namespace floodgauge {

/// `number` is a LINKTYPE_ value of the tcpdump group's registry, or one of the DLT_ values that
/// some systems write in its place. Unknown ones are LinkType::other: counted, never opened.
LinkType link_type_of(std::uint32_t number);

/// What a single record of this type may claim to hold, in bytes: 256 KiB, but 128 MiB for the
/// few types whose records are whole messages (D-Bus, USB). The limits that capinfos keeps.
std::uint32_t largest_record(std::uint32_t number);

}  // namespace floodgauge
