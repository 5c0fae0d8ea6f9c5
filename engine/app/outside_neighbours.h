// Which neighbours of the place where captures were made lie outside: the routers that bring
// traffic from elsewhere to protected addresses, by their MAC addresses, and the direction that
// pcapng gives.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace floodgauge {

/// Looks at the first frames of each regular file, so that what is learned does not depend on how
/// the capture is divided among workers. Learns nothing while every address is protected, nor from
/// a stream. A neighbour from which both inbound and outbound packets came tells nothing, nor does
/// a mirror of both sides of a router.
OutsideNeighbours learn_outside(const std::vector<std::string>& files, const Settings& settings);

}  // namespace floodgauge
