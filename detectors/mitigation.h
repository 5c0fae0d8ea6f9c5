// The routes that an operator could announce against an incident.
#pragma once

#include <string>

#include "engine/model/incident.h"

namespace floodgauge {

/// Proposes a FlowSpec route (RFC 8955; RFC 8956 for IPv6) in the text form that ExaBGP reads, with
/// what can be matched of the incident's main vector, and a blackhole route (RFC 7999) for when the
/// only help is to give up the target. Against a flood out, the rule matches the source, and there
/// is no blackhole route: it would take what others send to the sender.
Mitigation propose_mitigation(const Incident& incident);

}  // namespace floodgauge
