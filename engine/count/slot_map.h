// Which places of a window's hosts are taken, a bit each. One writer, fixed memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace floodgauge {

/// Where free places are comes in no order, and is not searched for bit by bit: of each block of 64
/// words of bits it is noted once a window which words have any.
class SlotMap {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffu;

  /// `places`: how many there are.
  explicit SlotMap(std::uint32_t places)
      : now_((places + kBlock - 1) / kBlock * kWords), before_(now_.size()) {}

  void take(std::uint32_t place) { now_[place / 64] |= std::uint64_t{1} << (place % 64); }

  /// A place below `end` that is not taken, from where the last one was found on, round and round:
  /// one that was not taken in the window before either, as long as there are any. kNone when all
  /// are taken.
  std::uint32_t find_free(std::uint32_t end) {
    do {
      for (; open_ != 0; open_ &= open_ - 1) {
        const std::uint32_t word =
            block_ * kWords + static_cast<std::uint32_t>(std::countr_zero(open_));
        const std::uint64_t taken = taken_of(word);
        const std::uint32_t place = word * 64 + static_cast<std::uint32_t>(std::countr_one(taken));
        if ((taken != kAll) & (place < end)) [[likely]] {
          return place;
        }
      }
    } while (next_block(end));
    return kNone;
  }

  /// All are free.
  void next_window() {
    std::swap(now_, before_);
    std::fill(now_.begin(), now_.end(), 0u);
    spare_previous_ = kAll;
    entered_ = 0;
    // The words of the block from the one at hand on, to be looked at as they come.
    if (open_ != 0) open_ = kAll << std::countr_zero(open_);
  }

  std::size_t memory_bytes() const { return 2 * now_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  static constexpr std::uint32_t kWords = 64;           ///< of a block
  static constexpr std::uint32_t kBlock = kWords * 64;  ///< places

  std::uint64_t taken_of(std::uint32_t word) const {
    return now_[word] | (before_[word] & spare_previous_);
  }

  /// A bit for each word of a block that has a place below `end` to give.
  std::uint64_t open_words(std::uint32_t block, std::uint32_t end) const {
    std::uint64_t open = 0;
    for (std::uint32_t i = 0; i < kWords; ++i) {
      const std::uint32_t word = block * kWords + i;
      if (word * 64 >= end) break;
      const std::uint64_t beyond = end - word * 64 < 64 ? kAll << (end - word * 64) : 0;
      open |= std::uint64_t{(taken_of(word) | beyond) != kAll} << i;
    }
    return open;
  }

  /// Goes on to the next block that has a place to give: after one round in which what the window
  /// before took is left alone, one in which it is not, and one more for what has come below `end`
  /// in blocks that were passed. False when there is none.
  [[gnu::noinline]] bool next_block(std::uint32_t end) {
    end = std::min(end, static_cast<std::uint32_t>(now_.size() * 64));
    const std::uint32_t blocks = (end + kBlock - 1) / kBlock;
    for (int round = 0; round < 3; ++round) {
      for (; entered_ < blocks; ++entered_) {
        block_ = block_ + 1 < blocks ? block_ + 1 : 0;
        open_ = open_words(block_, end);
        if (open_ != 0) {
          ++entered_;
          return true;
        }
      }
      spare_previous_ = 0;
      entered_ = 0;
    }
    return false;
  }

  std::vector<std::uint64_t> now_;
  std::vector<std::uint64_t> before_;
  std::uint64_t spare_previous_ = kAll;  ///< whether what the window before took is left alone
  std::uint32_t block_ = 0;              ///< the one at hand
  std::uint64_t open_ = 0;               ///< its words that may have a place to give, a bit each
  std::uint32_t entered_ = 0;            ///< blocks, in this round
};

}  // namespace floodgauge
