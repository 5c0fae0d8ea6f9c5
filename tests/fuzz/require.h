// What a fuzz target finds wrong ends it.
#pragma once

#include <cstdlib>

namespace floodgauge {

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace floodgauge
