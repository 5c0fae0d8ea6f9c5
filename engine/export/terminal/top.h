// `floodgauge top`: a live table of a running daemon, in a terminal.
#pragma once

#include <string>

namespace floodgauge {

/// Shows the daemon at `url` and refreshes the page each second. Returns 0 when the user leaves, or
/// 3 when the daemon does not answer at the start. Prints the page once where standard input or
/// output is not a terminal.
int run_top(const std::string& url);

}  // namespace floodgauge
