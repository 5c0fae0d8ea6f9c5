#include "config/pasted_text.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "engine/base/utf8.h"

namespace floodgauge {
namespace {

struct HiddenBlank {
  std::uint32_t code_point;
  const char* name;
};
// Names of the Unicode Character Database.
constexpr std::array kHiddenBlanks = {
    HiddenBlank{0x00a0, "a no-break space"},
    HiddenBlank{0x00ad, "a soft hyphen"},
    HiddenBlank{0x2007, "a figure space"},
    HiddenBlank{0x2009, "a thin space"},
    HiddenBlank{0x200a, "a hair space"},
    HiddenBlank{0x200b, "a zero width space"},
    HiddenBlank{0x200c, "a zero width non-joiner"},
    HiddenBlank{0x200d, "a zero width joiner"},
    HiddenBlank{0x200e, "a left-to-right mark"},
    HiddenBlank{0x202f, "a narrow no-break space"},
    HiddenBlank{0x2028, "a line separator"},
    HiddenBlank{0x2060, "a word joiner"},
    HiddenBlank{0x3000, "an ideographic space"},
    HiddenBlank{0xfeff, "a zero width no-break space"},
};

YamlFault fault_of(const HiddenBlank& blank, TextPosition position) {
  char number[16];
  std::snprintf(number, sizeof(number), "U+%04X", static_cast<unsigned>(blank.code_point));
  return {position,
          std::string("holds ") + blank.name + " (" + number +
              "), which looks like a blank or like nothing; write a plain blank, or remove it"};
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The end of "[HEX:]:DIGITS" at the begin of `text`; 0 when it does not begin so.
std::size_t address_length(std::string_view text) {
  if (!text.starts_with('[')) return 0;
  const std::size_t close = text.find_first_not_of("0123456789abcdefABCDEF:.", 1);
  const bool has_colon = text.substr(0, close).find(':') != std::string_view::npos;
  if (close == std::string_view::npos || !has_colon || !text.substr(close).starts_with("]:"))
    return 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", close + 2), text.size());
  const bool ends_here =
      end == text.size() || std::string_view(" \t\r\n,}").find(text[end]) != std::string_view::npos;
  return end > close + 2 && ends_here ? end : 0;
}

/// Whether `listen` at `at` is a key: nothing but blanks stands before it in its line, or its map's
/// { or , does.
bool begins_key(std::string_view text, std::size_t at) {
  while (at > 0 && is_blank(text[at - 1])) --at;
  return at == 0 || std::string_view("\n{,").find(text[at - 1]) != std::string_view::npos;
}

}  // namespace

std::optional<YamlFault> find_hidden_blank(std::string_view text) {
  TextPosition position{1, 1};
  char quote = 0;
  bool comment = false;
  bool after_blank = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = first_code_point(text.substr(at));
    const std::size_t bytes = point ? point->bytes : 1;
    const char c = text[at];
    // A byte order mark begins some files.
    if (point && point->value > 0x7f && quote == 0 && !comment && at > 0) {
      for (const HiddenBlank& blank : kHiddenBlanks) {
        if (blank.code_point == point->value) return fault_of(blank, position);
      }
    }
    if (c == '\n') {
      comment = false;
      position = {position.line + 1, 0};
    } else if (quote == '"' && c == '\\' && at + 1 < text.size() && text[at + 1] != '\n') {
      ++at;
      ++position.column;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (!comment && c == '#' && after_blank) {
      comment = true;
    } else if (!comment && (c == '"' || c == '\'') && after_blank) {
      quote = c;
    }
    const bool byte_order_mark = at == 0 && bytes == 3;
    after_blank = byte_order_mark || c == '\n' || is_blank(c) || c == '[' || c == '{' || c == ',';
    at += bytes;
    position.column += static_cast<int>(bytes);
  }
  return std::nullopt;
}

std::string quote_listen_addresses(std::string_view text) {
  constexpr std::string_view kKey = "listen:";
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find(kKey); at != std::string_view::npos;
       at = text.find(kKey, at + 1)) {
    std::size_t value = at + kKey.size();
    while (value < text.size() && is_blank(text[value])) ++value;
    const std::size_t length =
        value > at + kKey.size() && begins_key(text, at) ? address_length(text.substr(value)) : 0;
    if (length == 0) continue;
    out += text.substr(copied, value - copied);
    out += '"';
    out += text.substr(value, length);
    out += '"';
    copied = value + length;
  }
  return out += text.substr(copied);
}

}  // namespace floodgauge
