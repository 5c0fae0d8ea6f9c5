// The versions that --version and the metric build_info tell.
#pragma once

#include "engine/export/metrics/metrics.h"

namespace floodgauge {

BuildInfo build_info();

}  // namespace floodgauge
