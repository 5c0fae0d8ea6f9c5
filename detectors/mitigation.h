// The words of what an operator could do against a flood: rules, a blackhole route, advice.
#pragma once

#include <string>
#include <vector>

#include "detectors/rule_maker.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// A FlowSpec route (RFC 8955; RFC 8956 for IPv6) in the text form that ExaBGP reads. Against a
/// flood out it matches the source.
std::string flowspec_text(const MadeRule& rule, const Incident& incident);

/// A blackhole route (RFC 7999) for when the only help is to give up the target. Empty against a
/// flood out: it would take what others send to the sender.
std::string blackhole_text(const Incident& incident);

/// What to do where no rule is clean enough: what there is, the best first, each with what it
/// costs. Begins with "blackhole" where that is the best, and is empty where the rules are enough.
/// `all`: what all rules together take. `saturated`: a link of the network is full.
std::string advice_text(const Incident& incident, const std::vector<MadeRule>& rules,
                        const RuleTake& all, bool saturated);

}  // namespace floodgauge
