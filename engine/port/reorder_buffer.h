// Sorts records whose times are out of order by a bounded time.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/port/capture_record.h"

namespace floodgauge {

/// A queue of the records that came in order, and a heap of those that came late. Records of equal
/// time keep the order in which they came. A record
/// leaves when no record that may still come can be earlier, which is so once the latest time is
/// later by the span that the buffer holds.
///
/// The buffer holds `bound` nanoseconds at first, for it does not know yet how late records come.
/// After two of these spans, or kLearning records, it holds twice as long as the latest record was
/// late, and nothing where none was. A record that comes later than that, after later records have
/// left, is moved to the time of the last one that left, and those that follow it by the same span:
/// otherwise many late records would all have one time and look like a burst.
class ReorderBuffer {
 public:
  static constexpr std::size_t kLearning = 8192;
  /// At most so many records (16 MiB) and so many bytes of their frames are held; beyond it the
  /// earliest leaves.
  static constexpr std::size_t kMostRecords = 262'144;
  static constexpr std::uint64_t kMostBytes = std::uint64_t{128} << 20;

  explicit ReorderBuffer(std::int64_t bound) : bound_(bound), hold_(bound) {}

  /// `record.time` is 0 or later.
  void push(const CaptureRecord& record);
  /// Moves the records that may leave to `out`, as many as fit, and returns their number. Their
  /// times never decrease. `all`: no more records come.
  std::size_t pop(std::span<CaptureRecord> out, bool all);
  /// Holds at least `bound` from now on: the records come from several clocks.
  void keep_holding() { several_clocks_ = true; }

  bool empty() const { return size() == 0; }
  /// True when records that are in order may go past the buffer.
  bool passes() const { return empty() && hold_ == 0 && !several_clocks_; }
  /// Records went past it; `latest` is the time of the last one.
  void passed(std::int64_t latest) { latest_ = left_ = latest; }
  /// Time of the last record that left.
  std::int64_t left() const { return left_; }
  /// Gives all records inside other times; `change` keeps their order, and 0. What has left stays
  /// as it was, and nothing leaves with an earlier time.
  template <typename Change>
  void change_times(const Change& change) {
    for (Entry& entry : in_order_) entry.record.time = change(entry.record.time);
    for (Entry& entry : late_) entry.record.time = change(entry.record.time);
    latest_ = change(latest_);
    if (first_ >= 0) first_ = change(first_);
  }
  /// The records inside, for their chunks to be released. The buffer must not be used after it.
  template <typename Each>
  void for_each(const Each& each) const {
    for (const Entry& entry : in_order_) each(entry.record);
    for (const Entry& entry : late_) each(entry.record);
  }

 private:
  struct Entry {
    std::uint64_t number = 0;
    CaptureRecord record;
  };
  static bool later(const Entry& a, const Entry& b);
  std::int64_t place(std::int64_t time);
  void learn();
  std::size_t size() const { return in_order_.size() + late_.size(); }
  const Entry& earliest() const;
  void remove_earliest();

  std::int64_t bound_;
  std::int64_t hold_;
  std::int64_t needed_ = 0;  ///< twice the greatest lateness, at most bound_
  std::int64_t first_ = -1;  ///< time of the first record; -1 before it
  std::int64_t latest_ = 0;  ///< latest time of any record
  std::int64_t left_ = 0;
  std::int64_t catch_up_ = 0;  ///< by how much records are moved that came too late
  std::uint64_t numbers_ = 0;
  std::uint64_t bytes_ = 0;
  bool learning_ = true;
  bool several_clocks_ = false;
  std::deque<Entry> in_order_;
  std::vector<Entry> late_;  ///< a heap, the earliest on top
};

}  // namespace floodgauge
