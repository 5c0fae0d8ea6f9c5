// Which of many keys may have come more than once: two bits a place, several places a key, in place
// of a table of all keys (a counting Bloom filter of one hash: Fan et al., "Summary Cache",
// IEEE/ACM Transactions on Networking 8(3), 2000, with counters that stop at two).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace floodgauge {

class RepeatFilter {
 public:
  /// For about so many keys: of those that come once one in nine is taken for a repeated one.
  explicit RepeatFilter(std::size_t keys)
      : words_(std::bit_ceil(std::max<std::size_t>(64, kPlacesAKey * keys)) / kPlacesAWord) {}

  /// `hash`: of a key, spread over all of its bits.
  void add(std::uint64_t hash) {
    Word& word = words_[word_of(hash)];
    const std::uint32_t bit = bit_of(hash);
    word.again |= word.once & bit;
    word.once |= bit;
  }
  /// Always true of a key that was added twice or more.
  bool may_repeat(std::uint64_t hash) const {
    return (words_[word_of(hash)].again & bit_of(hash)) != 0;
  }

 private:
  struct Word {
    std::uint32_t once = 0;
    std::uint32_t again = 0;
  };
  static constexpr std::size_t kPlacesAWord = 32;
  static constexpr std::size_t kPlacesAKey = 8;

  std::size_t word_of(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash / kPlacesAWord) & (words_.size() - 1);
  }
  static std::uint32_t bit_of(std::uint64_t hash) {
    return std::uint32_t{1} << hash % kPlacesAWord;
  }

  std::vector<Word> words_;  // a power of two
};

}  // namespace floodgauge
