// Writes a mix as a capture, for other programs to read.
#pragma once

#include <cstdint>
#include <string_view>

namespace floodgauge::bench {

/// A pcap file with microseconds, little-endian. Returns an exit code: 0, 2 for an unknown mix, or
/// 3 when the file cannot be written.
int write_capture(std::string_view mix, const char* path, std::uint32_t packets);

}  // namespace floodgauge::bench
