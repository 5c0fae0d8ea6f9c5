// Requests that wait for their answers. Fixed memory, one writer: a bucket is a cache line of four
// requests, in which a new one replaces an expired one, then the oldest of a client that is not
// known (see KnownClients), then the oldest. Hashes hold the share of their addresses
// (address_share.h), so that what is replaced does not depend on the number of workers.
//
// A key is the keyed hash of a flow, and of the transaction id where the protocol has one. Its
// lowest bits hold what is remembered of the request:
//
//   key   63                                   3  2      1 0
//        +--------------------------------------+-------+-------+
//        | hash                                 | known | phase |
//        +--------------------------------------+-------+-------+
#pragma once

#include <cstdint>
#include <utility>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/units.h"

namespace floodgauge {

class PendingRequests {
 public:
  enum class Phase : std::uint8_t {
    connect = 1,  ///< a SYN waits for its SYN-ACK
    bytes = 2,    ///< a connection waits for the server's bytes
    datagram = 3,
  };
  struct Request {
    bool found = false;
    bool known = false;  ///< the client was known when it asked
    Nanoseconds time;    ///< when it asked
  };

  PendingRequests() : buckets_(kBuckets) {}

  void prefetch(std::uint64_t hash) const { prefetch_line_to_write(&bucket_of(hash)); }

  /// Adds a request. Returns false when the same one is waiting already. A request of a client that
  /// is not known never takes the place of one that is: then it is new, and does not wait.
  bool add(std::uint64_t hash, Phase phase, bool known, Nanoseconds now) {
    Bucket& bucket = bucket_of(hash);
    const std::uint64_t wanted = key_of(hash, phase);
    Entry* victim = &bucket.entries[0];
    for (Entry& entry : bucket.entries) {
      const bool is_expired = entry.key == 0 || now.count - entry.time > kLongest.count;
      if ((entry.key & ~kKnown) == wanted && !is_expired) return false;
      if (is_expired) entry = {};
      if (rank_of(entry) < rank_of(*victim)) victim = &entry;
    }
    replaced_ += victim->key != 0;
    if ((victim->key & kKnown) != 0 && !known) return true;
    *victim = {wanted | (known ? kKnown : 0), now.count};
    return true;
  }

  /// Removes a request and returns it.
  Request take(std::uint64_t hash, Phase phase, Nanoseconds now) {
    Bucket& bucket = bucket_of(hash);
    const std::uint64_t wanted = key_of(hash, phase);
    for (Entry& entry : bucket.entries) {
      if ((entry.key & ~kKnown) != wanted) continue;
      const Request request{.found = now.count - entry.time <= kLongest.count,
                            .known = (entry.key & kKnown) != 0,
                            .time = {entry.time}};
      entry = {};
      return request;
    }
    return {};
  }

  /// Requests that were replaced before an answer came or the time was over.
  std::uint64_t replaced() const { return replaced_; }
  void prefault() { buckets_.prefault(); }
  std::size_t memory_bytes() const { return buckets_.bytes(); }

  /// in_share() writes the share into the hash from this bit on.
  static constexpr unsigned kShareBits = 32 + 7;
  /// No answer is awaited for longer.
  static constexpr Nanoseconds kLongest = whole_seconds(30);

 private:
  static constexpr std::size_t kBuckets = 16384;  ///< chosen by bits 32 to 45 of the hash
  static constexpr std::uint64_t kKnown = 4;

  struct Entry {
    std::uint64_t key = 0;
    std::int64_t time = 0;
  };
  struct alignas(64) Bucket {
    Entry entries[4];
  };

  Bucket& bucket_of(std::uint64_t hash) { return buckets_[hash >> 32 & (kBuckets - 1)]; }
  const Bucket& bucket_of(std::uint64_t hash) const {
    return buckets_[hash >> 32 & (kBuckets - 1)];
  }
  /// The entry with the lowest rank is replaced: an empty one, then the oldest of clients that are
  /// not known, then the oldest.
  static std::pair<bool, std::int64_t> rank_of(const Entry& entry) {
    return {(entry.key & kKnown) != 0, entry.time};
  }
  static std::uint64_t key_of(std::uint64_t hash, Phase phase) {
    return (hash & ~std::uint64_t{7}) | static_cast<std::uint64_t>(phase);
  }

  HugeArray<Bucket> buckets_;
  std::uint64_t replaced_ = 0;
};

}  // namespace floodgauge
