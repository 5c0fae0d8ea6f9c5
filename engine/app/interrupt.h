// SIGINT, SIGTERM and SIGHUP as flags that a loop can check.
#pragma once

namespace floodgauge {

/// From now on SIGINT and SIGTERM set a flag; the second signal ends the process at once.
void catch_interrupts();
bool interrupted();

/// From now on SIGHUP sets another flag.
void catch_hangup();
/// Clears the flag of SIGHUP; true if it was set.
bool take_hangup();

}  // namespace floodgauge
