// Tables of a worker's memory, and of the time to merge windows. Each function prints its table and
// returns its rows.
#pragma once

#include "bench/pipeline/bench_options.h"

namespace floodgauge::bench {

/// A worker's tables and windows at their default sizes, MiB.
Json memory();
/// Resident memory after more and more packets that are new flows, MiB.
Json constant_memory();
/// Seconds to merge one window of four workers, and to look for floods in it.
Json merging();

}  // namespace floodgauge::bench
