// A burst with everything that the stages of a worker add to it. Each stage declares its own part:
//
//   ReceivedBurst    port       frames, times
//   ParsedBurst      parse      facts, plain
//   TargetedBurst    protect    targets, and which packets remain
//   FlowBurst        flow       hashes, flow lookups
//   ClassifiedBurst  classify   vectors, payload tags
//   CountedBurst     count      host records
#pragma once

#include "engine/count/counted_burst.h"

namespace floodgauge {

using Burst = CountedBurst;

}  // namespace floodgauge
