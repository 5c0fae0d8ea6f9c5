// What text for people may contain on the device it is written to, and functions that lay it out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace floodgauge {

struct TextStyle {
  bool colour = false;
  int width = 80;  ///< columns
  bool verbose = false;
  bool utf8 = false;  ///< bars may be drawn
};

/// True when `fd` is a terminal that shows colours and the user has not set NO_COLOR
/// (https://no-color.org) nor TERM=dumb.
bool wants_colour(int fd);

/// True when the environment sets a UTF-8 locale.
bool locale_is_utf8();

/// Columns of the terminal `fd`; 80 when it is not a terminal.
int terminal_width(int fd);

/// The style for `fd`: plain when it is not a terminal.
TextStyle style_for(int fd, bool verbose);

/// SGR colours (ECMA-48, 8.3.117).
enum class Ink { bold, dim, red, yellow, green, cyan, alarm };

/// `text` in `ink` when the style has colours, else as it is.
std::string inked(std::string_view text, Ink ink, const TextStyle& style);

/// `text` with each control character replaced by '?'. Names of files and prefixes come from other
/// people and must not control the terminal.
std::string terminal_safe(std::string_view text);

/// `text` broken at blanks into lines of at most `width` columns. A word that is longer than
/// `width` is not broken. Returns at least one line.
std::vector<std::string> wrapped(std::string_view text, int width);

/// A bar chart with one bar for each column, at most `columns`, scaled to the highest of `values`.
std::string sparkline(const std::vector<double>& values, std::size_t columns);

}  // namespace floodgauge
