// What this binary is: for --version and for build_info.
#pragma once

#include "engine/export/metrics/metrics.h"

namespace floodgauge {

BuildInfo build_info();

}  // namespace floodgauge
