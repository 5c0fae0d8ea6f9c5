// The trackers of all targets, in the order of their addresses, and found by a hash: each window
// asks for every host that is hit. Bounded by whoever adds them.
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

  /// `most`: no more of them are added (1..HostIndex::kMaxHosts).
  explicit Trackers(std::uint32_t most) : key_(random_key()), index_(most) {}

  std::size_t size() const { return ordered_.size(); }
  Ordered::iterator begin() { return ordered_.begin(); }
  Ordered::iterator end() { return ordered_.end(); }
  Ordered::const_iterator begin() const { return ordered_.begin(); }
  Ordered::const_iterator end() const { return ordered_.end(); }

  /// nullptr when it has none.
  TargetTracker* find(const IpPrefix& target) const { return find(target, hash_of(target)); }
  /// The same in two steps, for many at once: with find() for what was asked for before.
  std::uint64_t ask_for(const IpPrefix& target) const {
    const std::uint64_t hash = hash_of(target);
    index_.prefetch(hash);
    return hash;
  }
  TargetTracker* find(const IpPrefix& target, std::uint64_t hash) const {
    const std::uint32_t place = spot_of(target, hash).slot;
    return place == HostIndex::kNone ? nullptr : found_[place].tracker;
  }
  /// Of a target that has none.
  TargetTracker& add(const IpPrefix& target, Nanoseconds now, std::uint32_t prefix) {
    const auto at = ordered_.emplace(target, std::make_unique<TargetTracker>(now, prefix)).first;
    note(*at);
    return *at->second;
  }
  /// Those for which over(tracker) is true.
  template <typename Over>
  void erase_if(Over&& over) {
    const auto gone = std::erase_if(ordered_, [&](const auto& item) { return over(*item.second); });
    if (gone == 0) return;
    index_.next_window();  // forgets all
    found_.clear();
    for (const Ordered::value_type& item : ordered_) note(item);
  }

 private:
  struct Found {
    IpPrefix target;
    TargetTracker* tracker;
  };

  /// Keyed, lest somebody choose addresses that all fall on one another.
  std::uint64_t hash_of(const IpPrefix& target) const {
    return floodgauge::hash_of(target.address, key_) + target.length;
  }
  HostIndex::Found spot_of(const IpPrefix& target, std::uint64_t hash) const {
    return index_.find(hash, [&](std::uint32_t place) { return found_[place].target == target; });
  }
  void note(const Ordered::value_type& item) {
    const std::uint64_t hash = hash_of(item.first);
    index_.insert(spot_of(item.first, hash), hash, static_cast<std::uint32_t>(found_.size()));
    found_.push_back({item.first, item.second.get()});
  }

  HashKey key_;
  Ordered ordered_;
  HostIndex index_;  ///< of a target, its place in found_
  std::vector<Found> found_;
};

}  // namespace floodgauge
