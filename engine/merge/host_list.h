// The hosts of one window as its readers see them: in order, wherever their records lie. Of very
// many hosts each record would be a wait for the memory: going over them asks for those to come.
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
  /// How far ahead of the one that is looked at a record is asked for.
  static constexpr std::size_t kAhead = 12;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HostRecord;
    using difference_type = std::ptrdiff_t;
    using pointer = const HostRecord*;
    using reference = const HostRecord&;

    Iterator(const HostList& list, const std::uint32_t* place) : list_(&list), place_(place) {}
    const HostRecord& operator*() const { return list_->records_[*place_]; }
    Iterator& operator++() {
      // At the end the last one again: no branch on that.
      const auto left = static_cast<std::size_t>(list_->last_ - place_);
      const HostRecord& ahead = list_->records_[place_[std::min(left, kAhead)]];
      ahead.prefetch();
      ahead.prefetch_events();
      ++place_;
      return *this;
    }
    /// Of the host at hand.
    std::size_t number() const { return static_cast<std::size_t>(place_ - list_->places_.data()); }
    bool operator==(const Iterator& other) const { return place_ == other.place_; }

   private:
    const HostList* list_;
    const std::uint32_t* place_;
  };

  HostList() = default;
  /// The records of an array at these places of it. Both stay where they are while this is used.
  HostList(const HostRecords& records, std::span<const std::uint32_t> places)
      : records_(&records[0]),
        places_(places),
        last_(places.data() + (places.empty() ? 0 : places.size() - 1)) {}

  /// The record of host `i`, if there is one: to be read soon.
  void prefetch(std::size_t i) const {
    if (i >= size()) return;
    (*this)[i].prefetch();
    (*this)[i].prefetch_events();
  }
  std::size_t size() const { return places_.size(); }
  /// Of host `i` in the array.
  std::uint32_t place(std::size_t i) const { return places_[i]; }
  const HostRecord& operator[](std::size_t i) const { return records_[places_[i]]; }
  Iterator begin() const { return {*this, places_.data()}; }
  Iterator end() const { return {*this, places_.data() + places_.size()}; }

 private:
  const HostRecord* records_ = nullptr;
  std::span<const std::uint32_t> places_;
  const std::uint32_t* last_ = nullptr;  ///< of places_
};

}  // namespace floodgauge
