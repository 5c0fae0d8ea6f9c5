// The hosts of one window as its readers see them: in order, wherever their records lie. Of very
// many hosts each record would be a wait for the memory: going over them asks for those to come.
#pragma once

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

    Iterator(const HostList* list, std::size_t at) : list_(list), at_(at) {}
    const HostRecord& operator*() const { return (*list_)[at_]; }
    Iterator& operator++() {
      list_->prefetch(at_ + kAhead);
      ++at_;
      return *this;
    }
    /// Of the host at hand.
    std::size_t number() const { return at_; }
    bool operator==(const Iterator&) const = default;

   private:
    const HostList* list_;
    std::size_t at_;
  };

  HostList() = default;
  /// `size` records one after the other.
  HostList(const HostRecords& records, std::size_t size) : records_(&records), size_(size) {}
  /// The records of an array at these places of it.
  HostList(const HostRecords& records, std::span<const std::uint32_t> places)
      : records_(&records), places_(places.data()), size_(places.size()) {}

  /// The record of host `i`, if there is one: to be read soon.
  void prefetch(std::size_t i) const {
    if (i >= size_) return;
    (*this)[i].prefetch();
    (*this)[i].prefetch_events();
  }
  std::size_t size() const { return size_; }
  /// Of host `i` in the array.
  std::uint32_t place(std::size_t i) const {
    return places_ == nullptr ? static_cast<std::uint32_t>(i) : places_[i];
  }
  const HostRecord& operator[](std::size_t i) const { return (*records_)[place(i)]; }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

 private:
  const HostRecords* records_ = nullptr;
  const std::uint32_t* places_ = nullptr;  ///< null: one after the other
  std::size_t size_ = 0;
};

}  // namespace floodgauge
