// Conversion of text of unknown origin to valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace floodgauge {

/// Replaces each byte that is not part of a well-formed sequence by '?'. By RFC 3629, overlong
/// forms, surrogates and values above U+10FFFF are not well-formed.
std::string valid_utf8(std::string_view text);

}  // namespace floodgauge
