// Decodes UTF-8, and replaces bytes that are not UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace floodgauge {

struct CodePoint {
  char32_t value;
  std::size_t bytes;  ///< length of its UTF-8 sequence, 1..4
};

/// The code point that `text`, which must not be empty, begins with. Empty when `text` does not
/// begin with a well-formed sequence (RFC 3629, section 4): overlong forms, surrogates and values
/// above U+10FFFF are not well-formed.
std::optional<CodePoint> first_code_point(std::string_view text);

/// `text` with '?' in the place of each byte that is not part of a well-formed sequence.
std::string valid_utf8(std::string_view text);

}  // namespace floodgauge
