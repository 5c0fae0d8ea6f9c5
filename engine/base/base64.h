// Base64 with the standard alphabet and padding (RFC 4648, section 4).
#pragma once

#include <string>
#include <string_view>

namespace floodgauge {

std::string base64_encode(std::string_view bytes);

/// Returns false when `text` is not base64; `decoded` then holds no useful value.
bool base64_decode(std::string_view text, std::string& decoded);

}  // namespace floodgauge
