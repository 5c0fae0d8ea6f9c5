// A burst with all that the stages of a worker add to it: each stage declares its own part.
#pragma once

#include "engine/count/counted_burst.h"

namespace floodgauge {

using Burst = CountedBurst;

}  // namespace floodgauge
