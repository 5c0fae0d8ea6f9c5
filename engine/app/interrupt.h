// SIGINT and SIGTERM as a flag to look at.
#pragma once

namespace floodgauge {

/// From here on the two signals set a flag; a second one ends the process at once.
void catch_interrupts();
bool interrupted();

}  // namespace floodgauge
