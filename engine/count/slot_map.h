// Which host slots are used in a window, one bit each. One writer, fixed memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace floodgauge {

/// Free slots lie in no order, and searching for them bit by bit would be slow. The bits are words
/// of 64, and 64 words are a block. Once a window, each block notes which of its words have a free
/// slot.
class SlotMap {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffu;

  /// `slots`: how many there are.
  explicit SlotMap(std::uint32_t slots)
      : now_((slots + kBlock - 1) / kBlock * kWords), before_(now_.size()) {}

  void take(std::uint32_t slot) { now_[slot / 64] |= std::uint64_t{1} << (slot % 64); }

  /// A slot below `end` that is not taken. The search goes on where the last one ended, and wraps
  /// around. Slots that were taken in the window before come last. kNone when all are taken.
  std::uint32_t find_free(std::uint32_t end) {
    do {
      for (; open_ != 0; open_ &= open_ - 1) {
        const std::uint32_t word =
            block_ * kWords + static_cast<std::uint32_t>(std::countr_zero(open_));
        const std::uint64_t taken = taken_of(word);
        const std::uint32_t slot = word * 64 + static_cast<std::uint32_t>(std::countr_one(taken));
        if ((taken != kAll) & (slot < end)) [[likely]] {
          return slot;
        }
      }
    } while (next_block(end));
    return kNone;
  }

  /// Frees all slots.
  void next_window() {
    std::swap(now_, before_);
    std::fill(now_.begin(), now_.end(), 0u);
    spare_previous_ = kAll;
    entered_ = 0;
    // The current block's words from the current one on are looked at again, one by one.
    if (open_ != 0) open_ = kAll << std::countr_zero(open_);
  }

  std::size_t memory_bytes() const { return 2 * now_.size() * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  static constexpr std::uint32_t kWords = 64;           ///< words a block
  static constexpr std::uint32_t kBlock = kWords * 64;  ///< slots a block

  std::uint64_t taken_of(std::uint32_t word) const {
    return now_[word] | (before_[word] & spare_previous_);
  }

  /// One bit for each word of a block that has a free slot below `end`.
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

  /// Goes on to the next block that has a free slot. The first round over all blocks leaves out the
  /// slots that the window before took, the second one does not. A third round finds slots that a
  /// larger `end` has added to blocks already passed. False when no slot is free.
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
  std::uint64_t spare_previous_ = kAll;  ///< kAll while slots of the window before are left out
  std::uint32_t block_ = 0;              ///< the current one
  std::uint64_t open_ = 0;               ///< its words that may have a free slot, one bit each
  std::uint32_t entered_ = 0;            ///< blocks entered in this round
};

}  // namespace floodgauge
