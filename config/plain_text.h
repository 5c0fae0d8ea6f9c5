// Checks that text from a configuration is plain text, and escapes it so that a message can show
// it on a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace floodgauge {

/// Offset of the first byte that is not valid UTF-8 (RFC 3629) or that is a control character other
/// than tab, line feed and carriage return.
std::optional<std::size_t> find_non_text(std::string_view text);

/// True for valid UTF-8 without control characters (C0, DEL, C1): one line that is safe to show.
bool is_plain_line(std::string_view text);

/// A value as a message shows it: one line of at most 60 bytes, control characters escaped.
std::string printable(std::string_view text);

/// "0x1b"
std::string hex_byte(char byte);

}  // namespace floodgauge
