// Snapshots and incidents for the tests of the exporters.
#pragma once

#include <memory>

#include "engine/export/report/report.h"
#include "engine/model/snapshot.h"

namespace floodgauge::sample {

/// 2026-11-21 18:00:00 UTC.
inline constexpr Nanoseconds kEvening{1'795'284'000'000'000'000};

IpAddress address(const char* text);
IpPrefix prefix(const char* text);

/// A SYN flood on 198.51.100.43, closed, with every field set.
Incident syn_flood();
/// A carpet bombing of 198.51.100.0/24 by two vectors, open, without effect or mitigation.
Incident carpet();

/// A link with two prefixes, the incidents above, one worker that sheds and one port.
EngineSnapshot link();
/// A link without incidents.
EngineSnapshot quiet();

CaptureInfo capture();
EngineInfo engine();

}  // namespace floodgauge::sample
