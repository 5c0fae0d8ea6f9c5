// `floodgauge top`: a live table of a running daemon, in a terminal.
#pragma once

#include <string>

namespace floodgauge {

/// Shows the daemon at `url`, anew each second, until the user leaves (0) or the daemon gives no
/// answer at the start (3). Where standard input or output is no terminal, prints once.
int run_top(const std::string& url);

}  // namespace floodgauge
