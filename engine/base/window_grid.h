// How time is divided into windows.
#pragma once

#include <cstdint>

#include "engine/base/units.h"

namespace floodgauge {

/// Windows of equal length. Window n begins at origin + n * length.
struct WindowGrid {
  Nanoseconds origin;
  Nanoseconds length = milliseconds(100);

  /// The index of the window that contains `time`. Times before the origin belong to window 0.
  std::uint64_t index_of(Nanoseconds time) const {
    return time <= origin ? 0 : static_cast<std::uint64_t>((time - origin).count / length.count);
  }
  Nanoseconds start_of(std::uint64_t index) const {
    return origin + length * static_cast<std::int64_t>(index);
  }
};

/// A window's index modulo 2^16, as flow entries store it. The difference of two generations,
/// modulo 2^16, is the number of windows between them, up to 65,535.
using WindowGeneration = std::uint16_t;

}  // namespace floodgauge
