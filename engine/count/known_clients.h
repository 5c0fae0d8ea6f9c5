// Which clients of which servers were served before. What a flood brings has mostly never been seen
// before: with these clients alone, one can tell whether a server still serves those who are
// genuine. Selecting by history was proposed by Peng, Leckie and Ramamohanarao, "Protection from
// distributed denial of service attacks using history-based IP filtering", ICC 2003.
//
// A client is known to a server once it has completed a handshake with it, or once the server has
// answered datagrams of it at two times that are some seconds apart: a forged source is answered
// too, but seldom comes again. Keys are hashes of the pair of addresses and hold the pair's share
// (address_share.h). Fixed memory, one writer:
// a bucket is a cache line of eight entries, in which a new client replaces first an expired one,
// then the oldest that is not known yet, then, if it has completed a handshake, the oldest.
//
//   entry  63                17 16      15          0
//         +--------------------+-------+-------------+
//         | tag (47 bits)      | known | time        |
//         +--------------------+-------+-------------+
//
// `time` counts units of 4 s modulo 2^16. An entry of 0 is empty.
#pragma once

#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/units.h"

namespace floodgauge {

class KnownClients {
 public:
  KnownClients() : buckets_(kBuckets) {}

  void prefetch(std::uint64_t pair) const { prefetch_line(&buckets_[pair % kBuckets]); }

  /// Whether the client was known before `now`.
  bool is_known(std::uint64_t pair, Nanoseconds now) const {
    const Bucket& bucket = buckets_[pair % kBuckets];
    for (const std::uint64_t entry : bucket.entries) {
      if ((entry & kTagMask) != tag_of(pair)) continue;
      return (entry & kKnown) != 0 && age_of(entry, now) <= kIdle;
    }
    return false;
  }

  /// Notes that the client was served. `proven`: by a completed handshake, which nobody can forge
  /// blindly (RFC 6528).
  void note(std::uint64_t pair, Nanoseconds now, bool proven) {
    Bucket& bucket = buckets_[pair % kBuckets];
    std::uint64_t* victim = nullptr;
    std::uint32_t victim_rank = 0;
    for (std::uint64_t& entry : bucket.entries) {
      const std::uint16_t age = age_of(entry, now);
      if ((entry & kTagMask) == tag_of(pair) && entry != 0) {
        const bool again = age >= kApart && age <= kIdle;
        if (proven || again || ((entry & kKnown) != 0 && age <= kIdle)) {
          entry = tag_of(pair) | kKnown | time_of(now);
        } else if (age > kIdle) {
          entry = tag_of(pair) | time_of(now);
        }
        return;
      }
      const std::uint32_t rank = rank_of(entry, age);
      if (victim == nullptr || rank > victim_rank) {
        victim = &entry;
        victim_rank = rank;
      }
    }
    // One that may be forged never takes the place of a known one.
    if (!proven && victim_rank < kUnknownRank) return;
    *victim = tag_of(pair) | (proven ? kKnown : 0) | time_of(now);
  }

  void prefault() { buckets_.prefault(); }
  std::size_t memory_bytes() const { return buckets_.bytes(); }

  /// in_share() writes the share into the hash from this bit on.
  static constexpr unsigned kShareBits = 7;
  /// A client that was not served for this long is not known any more.
  static constexpr Nanoseconds kForgotten = whole_seconds(4 * 900);

 private:
  static constexpr std::size_t kBuckets = 16384;  ///< chosen by the lowest 14 bits of the hash
  static constexpr std::uint64_t kTagMask = ~std::uint64_t{0x1ffff};
  static constexpr std::uint64_t kKnown = 1u << 16;
  static constexpr std::int64_t kUnit = 4'000'000'000;  ///< ns
  static constexpr std::uint16_t kIdle = 900;           ///< units: an hour
  /// Units between two answers, at least. Of times in adjacent units, one may follow at once.
  static constexpr std::uint16_t kApart = 2;
  static constexpr std::uint32_t kUnknownRank = 1u << 17;

  struct alignas(64) Bucket {
    std::uint64_t entries[8];
  };

  /// The bits of the hash above those that choose the bucket; never 0.
  static std::uint64_t tag_of(std::uint64_t pair) { return (pair & kTagMask) | 1u << 17; }
  static std::uint16_t time_of(Nanoseconds now) {
    return static_cast<std::uint16_t>(now.count / kUnit);
  }
  static std::uint16_t age_of(std::uint64_t entry, Nanoseconds now) {
    return static_cast<std::uint16_t>(time_of(now) - static_cast<std::uint16_t>(entry));
  }
  /// The entry with the highest rank is replaced.
  static std::uint32_t rank_of(std::uint64_t entry, std::uint16_t age) {
    if (entry == 0) return kUnknownRank << 2;
    if (age > kIdle) return (kUnknownRank << 1) + age;
    return (entry & kKnown) != 0 ? age : kUnknownRank + age;
  }

  HugeArray<Bucket> buckets_;
};

}  // namespace floodgauge
