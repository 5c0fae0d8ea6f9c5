// An incident as JSON. Report, events, API and hooks all use this one renderer.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "engine/model/incident.h"

namespace floodgauge {

/// A JSON type that keeps its keys in the order in which they are set, so that the output is
/// stable.
using Json = nlohmann::ordered_json;

/// Keys are in a fixed order and times follow RFC 3339. `end`, `effect` and `mitigation` are null
/// when absent.
Json incident_json(const Incident& incident);

/// A route as an announcer told it. What was not counted is null.
Json announced_json(const AnnouncedRule& rule);

/// The object of one line of the event log: {time, event, incident}.
Json event_json(Nanoseconds time, Transition transition, const Incident& incident);

/// `value` rounded to `decimals` places, which hides the rounding errors of sums. 0 when it is not
/// finite.
double rounded(double value, int decimals);
/// Packets, bits, flows or requests a second, rounded to one decimal.
double rounded_rate(double value);
/// A share or a ratio, rounded to four decimals.
double rounded_share(double value);

/// `json` as text. Bytes that are not UTF-8 (for example in a file name) become U+FFFD. With
/// `indent` < 0 the text is one line.
std::string json_text(const Json& json, int indent = -1);

}  // namespace floodgauge
