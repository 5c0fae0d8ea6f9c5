// The trackers of all targets, in the order of their addresses and found by a hash: each window
// looks up every host that is hit. The caller of add() keeps to the bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "detectors/target_tracker.h"
#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"
#include "engine/merge/host_index.h"

namespace floodgauge {

class Trackers {
 public:
  using Ordered = std::map<IpPrefix, std::unique_ptr<TargetTracker>>;

  /// `most`: at most this many trackers at once (1..HostIndex::kMaxHosts).
  explicit Trackers(std::uint32_t most) : key_(random_key()), index_(most) {}

  std::size_t size() const { return ordered_.size(); }
  Ordered::iterator begin() { return ordered_.begin(); }
  Ordered::iterator end() { return ordered_.end(); }
  Ordered::const_iterator begin() const { return ordered_.begin(); }
  Ordered::const_iterator end() const { return ordered_.end(); }

  /// nullptr when it has none.
  TargetTracker* find(const IpPrefix& target) const { return find(target, hash_of(target)); }
  /// Prefetches what find() reads, and returns the hash to call it with: for many targets at once.
  std::uint64_t prefetch(const IpPrefix& target) const {
    const std::uint64_t hash = hash_of(target);
    index_.prefetch(hash);
    return hash;
  }
  TargetTracker* find(const IpPrefix& target, std::uint64_t hash) const {
    const std::uint32_t slot = spot_of(target, hash).slot;
    return slot == HostIndex::kNone ? nullptr : slots_[slot].tracker;
  }
  /// Adds a tracker for a target that has none.
  TargetTracker& add(const IpPrefix& target, Nanoseconds now, std::uint32_t prefix,
                     Nanoseconds window = milliseconds(100)) {
    const auto at =
        ordered_.emplace(target, std::make_unique<TargetTracker>(now, prefix, window)).first;
    note(*at);
    return *at->second;
  }
  /// Erases the trackers for which over(tracker) is true.
  template <typename Over>
  void erase_if(Over&& over) {
    const auto gone = std::erase_if(ordered_, [&](const auto& item) { return over(*item.second); });
    if (gone == 0) return;
    index_.next_window();  // empties it
    slots_.clear();
    for (const Ordered::value_type& item : ordered_) note(item);
  }

 private:
  struct Slot {
    IpPrefix target;
    TargetTracker* tracker;
  };

  /// Keyed, so that nobody can choose addresses that all have the same hash.
  std::uint64_t hash_of(const IpPrefix& target) const {
    return floodgauge::hash_of(target.address, key_) + target.length;
  }
  HostIndex::Found spot_of(const IpPrefix& target, std::uint64_t hash) const {
    return index_.find(hash, [&](std::uint32_t slot) { return slots_[slot].target == target; });
  }
  void note(const Ordered::value_type& item) {
    const std::uint64_t hash = hash_of(item.first);
    index_.insert(spot_of(item.first, hash), hash, static_cast<std::uint32_t>(slots_.size()));
    slots_.push_back({item.first, item.second.get()});
  }

  HashKey key_;
  Ordered ordered_;
  HostIndex index_;  ///< hash of a target -> its slot
  std::vector<Slot> slots_;
};

}  // namespace floodgauge
