// Generates a capture from a request.
#pragma once

#include "bench/trafficgen/truth.h"

namespace floodgauge::trafficgen {

/// Writes the capture to request.out and returns its ground truth. Throws SpecError if the request
/// cannot be met, and std::runtime_error if the file cannot be written. Equal requests give equal
/// files.
Truth generate(const Request& request);

}  // namespace floodgauge::trafficgen
