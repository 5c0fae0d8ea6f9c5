#include "engine/export/report/text_style.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace floodgauge {
namespace {

constexpr int kDefaultWidth = 80;
constexpr int kLeastWidth = 40;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

const char* sgr(Ink ink) {
  switch (ink) {
    case Ink::bold:
      return "\033[1m";
    case Ink::dim:
      return "\033[2m";
    case Ink::red:
      return "\033[1;31m";
    case Ink::yellow:
      return "\033[33m";
    case Ink::green:
      return "\033[32m";
    case Ink::cyan:
      return "\033[36m";
    case Ink::alarm:
      return "\033[1;97;41m";
  }
  return "";
}

/// Columns of UTF-8 text: its bytes without continuation bytes.
int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

bool wants_colour(int fd) {
  const std::string_view terminal = variable("TERM");
  return variable("NO_COLOR").empty() && !terminal.empty() && terminal != "dumb" && isatty(fd) == 1;
}

bool locale_is_utf8() {
  // The first of these variables that is set decides (POSIX.1-2017, 8.2).
  std::string_view locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  std::string lower(locale);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
}

int terminal_width(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return std::max<int>(size.ws_col, kLeastWidth);
}

TextStyle style_for(int fd, bool verbose) {
  const bool terminal = isatty(fd) == 1;
  return {wants_colour(fd), terminal ? terminal_width(fd) : kDefaultWidth, verbose,
          terminal && locale_is_utf8()};
}

std::string inked(std::string_view text, Ink ink, const TextStyle& style) {
  if (!style.colour) return std::string(text);
  return std::string(sgr(ink)) + std::string(text) + "\033[0m";
}

std::string terminal_safe(std::string_view text) {
  std::string result(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto byte = static_cast<unsigned char>(result[i]);
    if (byte < 0x20 || byte == 0x7f) result[i] = '?';
    // The C1 controls, U+0080 to U+009F, in UTF-8.
    if (byte == 0xc2 && i + 1 < result.size() &&
        (static_cast<unsigned char>(result[i + 1]) & 0xe0) == 0x80) {
      result[i] = result[i + 1] = '?';
    }
  }
  return result;
}

namespace {

/// Whether `word` needs the next one: a number its unit ("412 kpps"), and a comparison its number
/// ("< 0.1 %").
bool leans_on_next(std::string_view word) {
  if (word.ends_with('<') || word.ends_with('~')) return true;
  const std::size_t digit = word.find_first_not_of("(~<");
  if (digit == std::string_view::npos || word.ends_with(',')) return false;
  return word.find_first_not_of("0123456789.,", digit) == std::string_view::npos;
}

/// The end of the words from `at` on that a line must not part.
std::size_t end_of_unit(std::string_view text, std::size_t at) {
  std::size_t end = std::min(text.find(' ', at), text.size());
  while (end < text.size() && leans_on_next(text.substr(at, end - at))) {
    at = end + 1;
    end = std::min(text.find(' ', at), text.size());
  }
  return end;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, int width) {
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = end_of_unit(text, at);
    // A unit that no line could hold is parted after all.
    if (columns_of(text.substr(at, end - at)) > width)
      end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (columns_of(line) + 1 + columns_of(word) <= width) {
      line.append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string sparkline(const std::vector<double>& values, std::size_t columns) {
  static constexpr std::array<const char*, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty() || columns == 0) return "";
  const std::size_t shown = std::min(values.size(), columns);
  std::vector<double> highest(shown, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double& column = highest[i * shown / values.size()];
    if (std::isfinite(values[i])) column = std::max(column, values[i]);
  }
  const double top = *std::max_element(highest.begin(), highest.end());
  std::string bars;
  for (const double value : highest) {
    const double level = top > 0 ? value / top * static_cast<double>(kBars.size()) : 0;
    bars += kBars[std::min(static_cast<std::size_t>(level), kBars.size() - 1)];
  }
  return bars;
}

}  // namespace floodgauge
