// How time is divided into windows.
#pragma once

#include <cstdint>

#include "engine/base/units.h"

namespace floodgauge {

/// Windows of equal length. Window n begins at origin + n * length.
struct WindowGrid {
  Nanoseconds origin;
  Nanoseconds length = milliseconds(100);

  std::uint64_t index_of(Nanoseconds time) const {
    return time <= origin ? 0 : static_cast<std::uint64_t>((time - origin).count / length.count);
  }
  Nanoseconds start_of(std::uint64_t index) const {
    return origin + length * static_cast<std::int64_t>(index);
  }
};

}  // namespace floodgauge
