// Tells which of many keys may have been added more than once, without a table of all keys: a
// counting Bloom filter with one hash function (Fan et al., "Summary Cache", IEEE/ACM Transactions
// on Networking 8(3), 2000) whose counters stop at two. It has eight counters of two bits for each
// key.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace floodgauge {

class RepeatFilter {
 public:
  /// With about `keys` keys, one in nine of those that come once is mistaken for a repeated one.
  explicit RepeatFilter(std::size_t keys)
      : words_(std::bit_ceil(std::max<std::size_t>(64, kCountersPerKey * keys)) /
               kCountersPerWord) {}

  /// `hash`: a key's hash, all bits of which are used.
  void add(std::uint64_t hash) {
    Word& word = words_[word_of(hash)];
    const std::uint32_t bit = bit_of(hash);
    word.again |= word.once & bit;
    word.once |= bit;
  }
  /// Always true for a key that was added at least twice.
  bool may_repeat(std::uint64_t hash) const {
    return (words_[word_of(hash)].again & bit_of(hash)) != 0;
  }

 private:
  struct Word {
    std::uint32_t once = 0;
    std::uint32_t again = 0;
  };
  static constexpr std::size_t kCountersPerWord = 32;
  static constexpr std::size_t kCountersPerKey = 8;

  std::size_t word_of(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash / kCountersPerWord) & (words_.size() - 1);
  }
  static std::uint32_t bit_of(std::uint64_t hash) {
    return std::uint32_t{1} << hash % kCountersPerWord;
  }

  std::vector<Word> words_;  // their number is a power of two
};

}  // namespace floodgauge
