// Makes a capture from a request.
#pragma once

#include "bench/trafficgen/truth.h"

namespace floodgauge::trafficgen {

/// Writes request.out. Throws SpecError for a request that cannot be met and std::runtime_error
/// when the file cannot be written. Equal requests give equal files.
Truth generate(const Request& request);

}  // namespace floodgauge::trafficgen
