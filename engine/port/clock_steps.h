// Finds the steps of a capture's clocks, and sets single wrong times aside.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/port/capture_clock.h"
#include "engine/port/capture_record.h"

namespace floodgauge {

/// The time of a record is expected within `bound` of the latest one before it, of any interface.
/// What lies outside is judged by what follows:
///
/// - Ahead, and the times come back by about the same step: a clock was wrong in between. The first
///   record of the step takes the time of the packet before it, and the others follow it.
/// - Ahead, and the times do not come back: nothing was captured meanwhile. The times stay.
/// - Behind: a clock was set back, or a capture was appended to another. Times go on from the
/// packet
///   before, until they come forward by the same step.
/// - One interface is always ahead of the others: its clock is another one, and is moved.
///
/// Records wait here while a step ahead may still come back: at most kMostWaiting, and
/// kMostWaitingBytes of their frames. In a live stream they wait for kLongestWait at most.
class ClockSteps {
 public:
  static constexpr std::size_t kMostWaiting = std::size_t{1} << 20;
  static constexpr std::uint64_t kMostWaitingBytes = std::uint64_t{128} << 20;
  static constexpr std::int64_t kLongestWait = 10'000'000'000;
  /// Up to so many wrong times in a row are each set aside; more of them are a step of the clock.
  static constexpr std::uint64_t kMostOutliers = 16;

  ClockSteps(std::int64_t bound, bool live) : bound_(bound), live_(live) {}

  /// Takes the next record of the file, with the time that the file gives.
  void take(const CaptureRecord& record);
  /// No more records come.
  void end();
  /// Records whose time is not known yet come after `settled()` others, which may be taken.
  std::size_t settled() const;
  /// Removes and returns the first of the settled records.
  CaptureRecord remove();
  /// Gives all records inside other times; `change` keeps their order, and what is below 0.
  template <typename Change>
  void change_times(const Change& change) {
    for (CaptureRecord& record : begin_) record.time = change(record.time);
    for (CaptureRecord& record : waiting_) record.time = change(record.time);
    for (Mark& step : steps_) step.latest = change(step.latest);
    latest_ = change(latest_);
  }
  /// All records inside, for their chunks to be released.
  template <typename Each>
  void for_each(const Each& each) const {
    for (const CaptureRecord& record : begin_) each(record);
    for (const CaptureRecord& record : waiting_) each(record);
  }

  /// True when records of the only interface so far, first_interface(), may go past: their times
  /// less offset(), in steps from 0 to `bound` after latest().
  bool passes() const { return begun_ && waiting_.empty() && !several_ && latest_ >= 0; }
  std::uint32_t first_interface() const { return first_interface_; }
  bool several_interfaces() const { return several_; }
  std::int64_t offset() const { return interfaces_[first_interface_].offset; }
  std::int64_t latest() const { return latest_; }
  void passed(std::int64_t latest, std::uint64_t count);

  CaptureClock& clock() { return clock_; }
  const CaptureClock& clock() const { return clock_; }

 private:
  struct Interface {
    std::int64_t offset = 0;    ///< how far its clock is ahead of the corrected time
    std::uint64_t records = 0;  ///< number of its records so far
    unsigned set_aside = 0;     ///< how often its times were wrong by those of another interface
    std::size_t shifts = 0;     ///< the last of `shift` that are in force
    std::array<std::int64_t, 4> shift{};  ///< steps; positive: the clock went ahead
  };
  /// Where a time was outside the bound: the state before it, for the case that the times after it
  /// fit that state.
  struct Mark {
    std::uint64_t number = 0;  ///< of the record in the file
    std::uint32_t interface = 0;
    std::uint64_t records = 0;  ///< the interface's, with this one
    std::int64_t latest = 0;
    std::int64_t offset = 0;
    std::size_t shifts = 0;
    std::int64_t step = 0;    ///< positive: ahead
    std::uint64_t jumps = 0;  ///< those counted before it
  };

  void begin();
  void judge(CaptureRecord record);
  std::int64_t placed(Interface& port, std::int64_t raw, std::uint32_t interface);
  bool fits_before(Interface& port, std::int64_t raw, std::uint32_t interface);
  std::uint64_t since(const Mark& mark, std::uint32_t interface) const;
  void set_aside(const Mark& mark, std::int64_t time, std::uint32_t interface);
  bool comes_back(std::int64_t back, std::uint32_t interface);
  void undo(const Mark& step, std::uint32_t interface);
  void note_own_clock(const Mark& step, std::uint32_t interface);
  bool undoes_shift(Interface& port, std::int64_t step);
  void add_shift(Interface& port, std::int64_t step);
  bool similar(std::int64_t forward, std::int64_t backward) const;
  void stop_waiting();
  Interface& port_of(std::uint32_t interface);
  std::uint64_t number() const { return removed_ + waiting_.size(); }

  std::int64_t bound_;
  bool live_;
  bool begun_ = false;
  bool several_ = false;  ///< there were records of several interfaces
  std::uint32_t first_interface_ = 0;
  std::vector<CaptureRecord> begin_;  ///< the first records, until there are enough to compare
  std::deque<CaptureRecord> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t removed_ = 0;  ///< number of the first record in waiting_
  std::deque<Mark> steps_;     ///< steps ahead that may still come back, oldest first
  std::deque<Mark> marks_;     ///< of the last few records, oldest first
  std::int64_t latest_ = -1;   ///< latest corrected time; -1 before the first
  std::vector<Interface> interfaces_;
  CaptureClock clock_;
};

}  // namespace floodgauge
