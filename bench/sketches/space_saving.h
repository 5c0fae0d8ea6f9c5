// Space-Saving with its Stream-Summary, to compare with: Metwally, Agrawal and El Abbadi,
// "Efficient computation of frequent and top-k elements in data streams", ICDT 2005.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bench/sketches/heavy_hitter.h"

namespace floodgauge::bench {

/// Counters in groups of equal count, and the groups in a list ordered by count. The smallest
/// counter is found, and a counter incremented, in constant time.
class SpaceSaving {
 public:
  static constexpr const char* kName = "Space-Saving";
  explicit SpaceSaving(std::size_t bytes)
      : counters_(bytes / kBytesACounter), groups_(counters_.size() + 1) {
    std::size_t slots = 1;
    while (slots < 2 * counters_.size()) slots *= 2;
    slots_.assign(slots, kNone);
    for (std::uint32_t i = 1; i < groups_.size(); ++i) groups_[i].next = i + 1;
    free_group_ = 1;
  }

  void add(const IpAddress& key, std::uint64_t hash) {
    const std::uint32_t at = find(key, hash);
    if (at != kNone) return raise(at);
    if (used_ < counters_.size()) {
      const std::uint32_t fresh = used_++;
      counters_[fresh] = {key, hash, kNone, kNone, kNone};
      index(fresh);
      // The new count is 1, which belongs to the first group, or to a new group before it.
      if (first_ == kNone || groups_[first_].count != 1) open_group(1, kNone, first_);
      join(fresh, first_);
      return;
    }
    const std::uint32_t least = groups_[first_].head;
    unindex(least);
    counters_[least].key = key;
    counters_[least].hash = hash;
    index(least);
    raise(least);
  }

  std::vector<Ranked> top(std::size_t n) const {
    std::vector<Ranked> all;
    for (std::uint32_t i = 0; i < used_; ++i) {
      all.push_back({counters_[i].key, groups_[counters_[i].group].count});
    }
    return heaviest(std::move(all), n);
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Counter {
    IpAddress key;
    std::uint64_t hash;
    std::uint32_t group, before, after;
  };
  struct Group {
    std::uint64_t count = 0;
    std::uint32_t head = kNone, previous = kNone, next = kNone;
  };
  static constexpr std::size_t kBytesACounter = sizeof(Counter) + sizeof(Group) + 2 * 4;

  std::size_t home(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t after(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }

  std::uint32_t find(const IpAddress& key, std::uint64_t hash) const {
    for (std::size_t slot = home(hash); slots_[slot] != kNone; slot = after(slot)) {
      const Counter& counter = counters_[slots_[slot]];
      if (counter.hash == hash && counter.key == key) return slots_[slot];
    }
    return kNone;
  }
  void index(std::uint32_t counter) {
    std::size_t slot = home(counters_[counter].hash);
    while (slots_[slot] != kNone) slot = after(slot);
    slots_[slot] = counter;
  }
  // Moves later entries into the gap, so that probes do not end there.
  void unindex(std::uint32_t counter) {
    std::size_t hole = home(counters_[counter].hash);
    while (slots_[hole] != counter) hole = after(hole);
    for (std::size_t slot = after(hole); slots_[slot] != kNone; slot = after(slot)) {
      const std::size_t wants = home(counters_[slots_[slot]].hash);
      const std::size_t mask = slots_.size() - 1;
      if (((slot - wants) & mask) >= ((slot - hole) & mask)) {
        slots_[hole] = slots_[slot];
        hole = slot;
      }
    }
    slots_[hole] = kNone;
  }

  std::uint32_t open_group(std::uint64_t count, std::uint32_t previous, std::uint32_t next) {
    const std::uint32_t group = free_group_;
    free_group_ = groups_[group].next;
    groups_[group] = {count, kNone, previous, next};
    (previous == kNone ? first_ : groups_[previous].next) = group;
    if (next != kNone) groups_[next].previous = group;
    return group;
  }
  void close_group(std::uint32_t group) {
    const auto [count, head, previous, next] = groups_[group];
    (previous == kNone ? first_ : groups_[previous].next) = next;
    if (next != kNone) groups_[next].previous = previous;
    groups_[group].next = free_group_;
    free_group_ = group;
  }
  void join(std::uint32_t counter, std::uint32_t group) {
    const std::uint32_t head = groups_[group].head;
    counters_[counter].group = group;
    counters_[counter].before = kNone;
    counters_[counter].after = head;
    if (head != kNone) counters_[head].before = counter;
    groups_[group].head = counter;
  }
  void leave(std::uint32_t counter) {
    const Counter& c = counters_[counter];
    (c.before == kNone ? groups_[c.group].head : counters_[c.before].after) = c.after;
    if (c.after != kNone) counters_[c.after].before = c.before;
  }
  void raise(std::uint32_t counter) {
    const std::uint32_t group = counters_[counter].group;
    const std::uint64_t count = groups_[group].count + 1;
    leave(counter);
    std::uint32_t next = groups_[group].next;
    if (next == kNone || groups_[next].count != count) next = open_group(count, group, next);
    join(counter, next);
    if (groups_[group].head == kNone) close_group(group);
  }

  std::vector<Counter> counters_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> slots_;
  std::uint32_t used_ = 0;
  std::uint32_t first_ = kNone;
  std::uint32_t free_group_ = kNone;
};

}  // namespace floodgauge::bench
