// An incident as text for people.
#pragma once

#include <string>
#include <vector>

#include "engine/model/incident.h"

namespace floodgauge {

/// The meaning of a vector's name: "SYN flood", "DNS reflection", "reflection from port 7777".
std::string vector_label(const std::string& vector_name);

/// What the incident is: "SYN flood", "DNS reflection 81 %, NTP reflection 19 %", "service impact".
std::string what_it_is(const Incident& incident);

/// The target: "198.51.100.43 (web)", "198.51.100.0/24 (carpet, 254 addresses)".
std::string what_it_hits(const Incident& incident);

/// The time of the incident: "18:12:07.3 - 18:19:41.0 (7 min 34 s)"; with dates when it was not on
/// the day `day`.
std::string when_it_was(const Incident& incident, Nanoseconds day, Nanoseconds now);

/// "SYN 41,200/s, limit 5,000/s"; ratios in percent, bits in bit/s.
std::string evidence_text(const Evidence& evidence);

/// "2 % of requests answered (99 % before)"; empty when nothing is known.
std::string effect_text(const Effect& effect);

/// "takes 100 % of the flood, 9 % of what is answered (373 flows; https)".
std::string take_text(const MitigationRule& rule);

/// "1.2.3.4 (31 %), 5.6.7.8 (12 %)": the first `most` of `entries`.
std::string top_text(const std::vector<TopEntry>& entries, std::size_t most);

/// The number of incidents of each kind: "1 flood", "2 floods, 1 blackout".
std::string kinds_text(const std::vector<const Incident*>& incidents);

}  // namespace floodgauge
