// Asks for a capture's cache lines a little before they are read. Each record says where the next
// one begins: a chain that no processor runs ahead on, with a wait for the memory at every link.
#pragma once

#include <cstddef>
#include <cstdint>

namespace floodgauge {

class ReadAhead {
 public:
  explicit ReadAhead(const std::uint8_t* begin) : next_(begin) {}

  /// The next record begins at `at`. Past the end of the memory nothing happens.
  void reached(const std::uint8_t* at) {
    if (next_ < at) next_ = at;
    for (; next_ < at + kAhead; next_ += kLine) __builtin_prefetch(next_, 0, 2);
  }

 private:
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kAhead = 4096;
  const std::uint8_t* next_;
};

}  // namespace floodgauge
