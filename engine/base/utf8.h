// Text of unknown origin made into UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace floodgauge {

/// `text` with each byte that is not part of a well-formed sequence (RFC 3629: no overlong forms,
/// no surrogates, nothing above U+10FFFF) replaced by '?'.
std::string valid_utf8(std::string_view text);

}  // namespace floodgauge
