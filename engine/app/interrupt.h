// SIGINT and SIGTERM, and SIGHUP, as flags to look at.
#pragma once

namespace floodgauge {

/// From here on the two signals set a flag; a second one ends the process at once.
void catch_interrupts();
bool interrupted();

/// From here on SIGHUP sets a flag of its own.
void catch_hangup();
/// True once for each time that the flag was set.
bool take_hangup();

}  // namespace floodgauge
