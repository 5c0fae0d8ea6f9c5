// Which places of a window's hosts are taken, a bit each. One writer, fixed memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace floodgauge {

class PlaceMap {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffu;

  /// `places`: how many there are.
  explicit PlaceMap(std::uint32_t places) : now_((places + 63) / 64), before_(now_.size()) {}

  void take(std::uint32_t place) { now_[place / 64] |= std::uint64_t{1} << (place % 64); }

  /// A place below `end` that is not taken, from where the last one was found on, round and round:
  /// one that was not taken in the window before either, as far as there is one close by. kNone
  /// when all are taken.
  std::uint32_t find_free(std::uint32_t end) {
    const auto words = std::min((end + 63) / 64, static_cast<std::uint32_t>(now_.size()));
    if (word_ >= words) word_ = 0;
    for (std::uint32_t step = 0; step < std::min(words, kCloseBy); ++step) {
      const std::uint32_t word = (word_ + step) % words;
      const std::uint32_t place = first_free(word, now_[word] | before_[word], end);
      if (place != kNone) return place;
    }
    for (std::uint32_t step = 0; step < words; ++step) {
      const std::uint32_t word = (word_ + step) % words;
      const std::uint32_t place = first_free(word, now_[word], end);
      if (place != kNone) return place;
    }
    return kNone;
  }

  /// All are free.
  void next_window() {
    std::swap(now_, before_);
    std::fill(now_.begin(), now_.end(), 0u);
  }

  std::size_t memory_bytes() const { return 2 * now_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint32_t kCloseBy = 8;  ///< words

  std::uint32_t first_free(std::uint32_t word, std::uint64_t taken, std::uint32_t end) {
    if (taken == ~std::uint64_t{0}) return kNone;
    const std::uint32_t place = word * 64 + static_cast<std::uint32_t>(std::countr_one(taken));
    if (place >= end) return kNone;
    word_ = word;
    return place;
  }

  std::vector<std::uint64_t> now_;
  std::vector<std::uint64_t> before_;
  std::uint32_t word_ = 0;
};

}  // namespace floodgauge
