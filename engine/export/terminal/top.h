// `floodgauge top`: a live table of a running daemon, in a terminal.
#pragma once

#include "engine/export/terminal/status.h"

namespace floodgauge {

/// Shows the daemons and refreshes the page each second. Returns 0 when the user leaves, or 3 when
/// none answers at the start. Prints the page once where standard input or output is not a
/// terminal.
int run_top(const AskOptions& options);

}  // namespace floodgauge
