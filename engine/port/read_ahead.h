// Prefetches a capture's cache lines before they are read. The place of a record is known only from
// the length in the one before it, so the processor cannot load ahead by itself and would wait for
// memory at every record.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/prefetch.h"

namespace floodgauge {

class ReadAhead {
 public:
  /// `begin`: where reading starts.
  explicit ReadAhead(const std::uint8_t* begin) : last_(begin) {}

  /// The next record begins at `at`. Prefetches the lines that are newly within 4 KiB ahead; beyond
  /// the end of the memory a prefetch does nothing. Always prefetches at least three lines, some of
  /// them again, because a branch on the number of new lines would be mispredicted.
  void reached(const std::uint8_t* at) {
    for (; last_ + kLines < at; last_ += kLine) prefetch_line(last_ + kLines + kAhead);
    prefetch_line(at + kAhead);
    prefetch_line(at + kAhead + kLine);
    prefetch_line(at + kAhead + 2 * kLine);
    last_ = at;
  }

 private:
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kLines = 3 * kLine;
  static constexpr std::size_t kAhead = 4096;
  const std::uint8_t* last_;
};

}  // namespace floodgauge
