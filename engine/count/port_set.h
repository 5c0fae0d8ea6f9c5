// Which ports were seen, one bit each. The number of distinct ports does not depend on how packets
// were divided among workers.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace floodgauge {

class PortSet {
 public:
  void add(std::uint16_t port) { words_[port / 64u] |= std::uint64_t{1} << (port % 64u); }
  void merge(const PortSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  std::uint32_t size() const {
    int bits = 0;
    for (const std::uint64_t word : words_) bits += std::popcount(word);
    return static_cast<std::uint32_t>(bits);
  }
  void clear() { words_.fill(0); }

 private:
  std::array<std::uint64_t, 1024> words_{};
};

}  // namespace floodgauge
