// An incident as JSON. The one renderer: report, events, API and hooks all use it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "engine/model/incident.h"

namespace floodgauge {

/// Keeps its keys in the order in which they are set, so that output is stable.
using Json = nlohmann::ordered_json;

/// Keys in a fixed order; times by RFC 3339; `end`, `effect` and `mitigation` null when absent.
Json incident_json(const Incident& incident);

/// The object of one line of the event log: {time, event, incident}.
Json event_json(Nanoseconds time, Transition transition, const Incident& incident);

/// `value` to `decimals` places, so that a sum's last bits never show; 0 when it is not finite.
double rounded(double value, int decimals);
/// Packets, bits, flows or requests a second: one decimal.
double rounded_rate(double value);
/// A share or a ratio: four decimals.
double rounded_share(double value);

/// `json` as text. Bytes that are not UTF-8 (of a file's name) become U+FFFD. `indent` < 0 is one
/// line.
std::string json_text(const Json& json, int indent = -1);

}  // namespace floodgauge
