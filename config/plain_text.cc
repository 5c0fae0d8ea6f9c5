#include "config/plain_text.h"

#include <cstdint>

#include "engine/base/utf8.h"

namespace floodgauge {
namespace {

constexpr std::size_t kShownBytes = 60;

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
