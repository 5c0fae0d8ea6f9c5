// The hosts of one window in order, wherever their records lie. Iterating prefetches the records
// ahead: with very many hosts each record would otherwise be a wait for the memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "engine/count/host_record.h"

namespace floodgauge {

class HostList {
 public:
  /// How many hosts ahead a record is prefetched.
  static constexpr std::size_t kAhead = 12;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HostRecord;
    using difference_type = std::ptrdiff_t;
    using pointer = const HostRecord*;
    using reference = const HostRecord&;

    Iterator(const HostList& list, const std::uint32_t* slot) : list_(&list), slot_(slot) {}
    const HostRecord& operator*() const { return list_->records_[*slot_]; }
    Iterator& operator++() {
      // Near the end this prefetches the last record repeatedly, which avoids a branch.
      const auto left = static_cast<std::size_t>(list_->last_ - slot_);
      const HostRecord& ahead = list_->records_[slot_[std::min(left, kAhead)]];
      ahead.prefetch();
      ahead.prefetch_events();
      ++slot_;
      return *this;
    }
    /// Index of the current host.
    std::size_t number() const { return static_cast<std::size_t>(slot_ - list_->slots_.data()); }
    bool operator==(const Iterator& other) const { return slot_ == other.slot_; }

   private:
    const HostList* list_;
    const std::uint32_t* slot_;
  };

  HostList() = default;
  /// The hosts at `slots` of the array `records`. Both must outlive this list.
  HostList(const HostRecords& records, std::span<const std::uint32_t> slots)
      : records_(&records[0]),
        slots_(slots),
        last_(slots.data() + (slots.empty() ? 0 : slots.size() - 1)) {}

  /// Prefetches the record of host `i`, if there is one.
  void prefetch(std::size_t i) const {
    if (i >= size()) return;
    (*this)[i].prefetch();
    (*this)[i].prefetch_events();
  }
  std::size_t size() const { return slots_.size(); }
  /// The slot of host `i` in the array.
  std::uint32_t slot(std::size_t i) const { return slots_[i]; }
  const HostRecord& operator[](std::size_t i) const { return records_[slots_[i]]; }
  Iterator begin() const { return {*this, slots_.data()}; }
  Iterator end() const { return {*this, slots_.data() + slots_.size()}; }

 private:
  const HostRecord* records_ = nullptr;
  std::span<const std::uint32_t> slots_;
  const std::uint32_t* last_ = nullptr;  ///< the last of slots_
};

}  // namespace floodgauge
