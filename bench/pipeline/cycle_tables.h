// Tables of TSC cycles a packet. Each function prints its table and returns its rows.
#pragma once

#include "bench/pipeline/bench_options.h"

namespace floodgauge::bench {

/// Every mix, or only options.mix: each stage and the whole worker.
Json mixes(const Options& options);
/// The same of ordinary traffic, with growing numbers of flows, hosts and prefixes.
Json growth(const Options& options);
/// Ratios of the whole worker's cycles between the ends of the growth, and with and without
/// scrapes.
Json turns(const Options& options);
/// The whole worker by the size of frames.
Json sizes(const Options& options);
/// The rate of 1, 2, 4... workers.
Json scaling(const Options& options);

}  // namespace floodgauge::bench
