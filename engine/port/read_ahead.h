// Asks for a capture's cache lines a little before they are read. Each record says where the next
// one begins: a chain that no processor runs ahead on, with a wait for the memory at every link.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/prefetch.h"

namespace floodgauge {

class ReadAhead {
 public:
  explicit ReadAhead(const std::uint8_t* begin) : last_(begin) {}

  /// The next record begins at `at`. Past the end of the memory nothing happens. Three lines
  /// each time, some of them once more: of how many are new no processor could tell the branch.
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
