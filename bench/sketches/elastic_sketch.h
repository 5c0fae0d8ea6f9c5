// Elastic sketch, software version, to compare with: Yang et al., "Elastic sketch: adaptive and
// fast network-wide measurements", SIGCOMM 2018, sections 3.1 and 3.4.
#pragma once

#include <array>

#include "bench/sketches/heavy_hitter.h"

namespace floodgauge::bench {

/// Buckets of seven keys and one counter of negative votes. A key that is voted out moves to the
/// light part, 8-bit counters in a quarter of the memory.
class ElasticSketch {
 public:
  static constexpr const char* kName = "Elastic";
  explicit ElasticSketch(std::size_t bytes)
      : buckets_(bytes * 3 / 4 / sizeof(Bucket)), light_(bytes / 4) {}

  void add(const IpAddress& key, std::uint64_t hash) {
    Bucket& bucket = buckets_[(hash >> 32) * buckets_.size() >> 32];
    Entry* least = &bucket.entries[0];
    for (Entry& entry : bucket.entries) {
      if (entry.count != 0 && entry.key == key) {
        ++entry.count;
        return;
      }
      if (entry.count < least->count) least = &entry;
    }
    if (least->count == 0) {
      *least = {key, 1, hash, false};
      return;
    }
    if (++bucket.votes < kLambda * least->count) return add_light(hash, 1);
    add_light(least->hash, least->count);
    *least = {key, 1, hash, true};
    bucket.votes = 0;
  }

  std::vector<Ranked> top(std::size_t n) const {
    std::vector<Ranked> all;
    for (const Bucket& bucket : buckets_) {
      for (const Entry& entry : bucket.entries) {
        if (entry.count == 0) continue;
        all.push_back(
            {entry.key, entry.count + (entry.displaced ? light_[light(entry.hash)] : 0u)});
      }
    }
    return heaviest(std::move(all), n);
  }

 private:
  static constexpr std::uint64_t kLambda = 8;
  struct Entry {
    IpAddress key;
    std::uint32_t count = 0;
    std::uint64_t hash = 0;
    bool displaced = false;  ///< part of its count is in the light part
  };
  struct Bucket {
    std::array<Entry, 7> entries;
    std::uint64_t votes = 0;
  };
  std::size_t light(std::uint64_t hash) const { return (hash & 0xffffffff) * light_.size() >> 32; }
  void add_light(std::uint64_t hash, std::uint64_t count) {
    std::uint8_t& cell = light_[light(hash)];
    cell = static_cast<std::uint8_t>(std::min<std::uint64_t>(255, cell + count));
  }

  std::vector<Bucket> buckets_;
  std::vector<std::uint8_t> light_;
};

}  // namespace floodgauge::bench
