// Text from outside: whether it is text at all, and a form of it that is safe on a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace floodgauge {

/// Offset of the first byte that is no part of UTF-8 text (RFC 3629), or is a control character
/// other than tab, line feed and carriage return.
std::optional<std::size_t> find_non_text(std::string_view text);

/// True for valid UTF-8 without control characters of any kind (C0, DEL, C1): safe to show, and
/// one line.
bool is_plain_line(std::string_view text);

/// What a message shows of a value: one line, at most 60 bytes, control characters escaped.
std::string printable(std::string_view text);

/// "0x1b"
std::string hex_byte(char byte);

}  // namespace floodgauge
