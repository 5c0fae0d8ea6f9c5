// What an operator could announce against an incident.
#pragma once

#include <string>

#include "engine/model/incident.h"

namespace floodgauge {

/// A FlowSpec route (RFC 8955; RFC 8956 for IPv6) in the text form that ExaBGP reads, matching what
/// the incident's main vector allows to match, and a blackhole route (RFC 7999) for when only
/// giving up the target helps.
Mitigation propose_mitigation(const Incident& incident);

}  // namespace floodgauge
