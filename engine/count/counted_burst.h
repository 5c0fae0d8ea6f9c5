// A burst as the stage "count" works on it.
#pragma once

#include "engine/classify/classified_burst.h"

namespace floodgauge {

struct CountedBurst : ClassifiedBurst {};

}  // namespace floodgauge
