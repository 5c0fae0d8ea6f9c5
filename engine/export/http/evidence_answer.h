// GET /api/v1/incidents/ID/evidence: the capture that was written of an incident's packets.
#pragma once

#include <string>
#include <string_view>

#include "engine/export/http/http_message.h"

namespace floodgauge {

/// Reads the capture of the incident from `folder`, which is EvidenceFolder's; empty: none is kept.
/// An id is 16 hexadecimal digits, so that no other file can be named. It may be read from a slow
/// disk.
HttpResponse evidence_answer(std::string_view id, const std::string& folder);

/// No capture is larger: 10,000 packets of 256 bytes, their blocks and comments.
inline constexpr std::size_t kMostEvidenceBytes = std::size_t{8} << 20;

}  // namespace floodgauge
