// An incident as others take it: the fingerprint of a DDoS clearing house, and a MISP event.
#pragma once

#include "engine/export/report/incident_json.h"

namespace floodgauge {

/// The fingerprint of a flood, as the dissector of the DDoS Clearing House makes it
/// (https://github.com/NLADC/dissector, fingerprint_format.md). `incident`: of the API, of kind
/// flood. Of the sources, ports and vectors it has what the incident tells.
Json fingerprint_of(const Json& incident);

/// An event in MISP's core format (draft-dulaunoy-misp-core-format) with one object of the template
/// "ddos" (https://github.com/MISP/misp-objects). Its identifiers follow from the incident's, so
/// that a second import changes the first one. Nothing of it is marked for blocking (`to_ids`),
/// because sources may be forged, and it is shared with nobody until the user says so.
Json misp_event_of(const Json& incident);

}  // namespace floodgauge
