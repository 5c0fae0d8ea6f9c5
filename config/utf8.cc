#include "config/utf8.h"

#include <cstdint>

namespace floodgauge {
namespace {

constexpr std::size_t kShownBytes = 60;

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

/// The first code point of a text that is not empty, by the table of RFC 3629, section 4: no
/// overlong forms, no surrogates, nothing above U+10FFFF.
std::optional<CodePoint> first_code_point(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return std::nullopt;
  std::uint32_t value = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const std::uint8_t next = byte_at(text, i);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (next & 0x3fu);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return std::nullopt;
  return CodePoint{value, bytes};
}

bool is_control(std::uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

}  // namespace

std::optional<std::size_t> find_non_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto code_point = first_code_point(text.substr(at));
    if (!code_point) return at;
    const std::uint32_t c = code_point->value;
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return at;
    at += code_point->bytes;
  }
  return std::nullopt;
}

bool is_plain_line(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto code_point = first_code_point(text.substr(at));
    if (!code_point || is_control(code_point->value)) return false;
    at += code_point->bytes;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto code_point = first_code_point(text.substr(at));
    const std::size_t bytes = code_point ? code_point->bytes : 1;
    if (at + bytes > kShownBytes) return out + "...";
    if (code_point && !is_control(code_point->value)) {
      out += text.substr(at, bytes);
    } else {
      for (std::size_t i = at; i < at + bytes; ++i) out += "\\x" + hex_byte(text[i]).substr(2);
    }
    at += bytes;
  }
  return out;
}

std::string hex_byte(char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto value = static_cast<std::uint8_t>(byte);
  return {'0', 'x', kDigits[value >> 4], kDigits[value & 0xf]};
}

}  // namespace floodgauge
