#include "engine/port/reorder_buffer.h"

#include <algorithm>

namespace floodgauge {

bool ReorderBuffer::later(const Entry& a, const Entry& b) {
  return a.record.time != b.record.time ? a.record.time > b.record.time : a.number > b.number;
}

/// The time at which a record of `time` can still leave.
std::int64_t ReorderBuffer::place(std::int64_t time) {
  if (time >= latest_) return time;
  needed_ = std::max(needed_, std::min(bound_, 2 * (latest_ - time)));
  if (!learning_) hold_ = std::max(hold_, needed_);
  if (time >= left_) {
    catch_up_ = 0;
    return time;
  }
  catch_up_ = std::max(catch_up_, left_ - time);
  return time + catch_up_;
}

void ReorderBuffer::learn() {
  if (first_ < 0) first_ = latest_;
  if (latest_ - first_ < 2 * bound_ && numbers_ < kLearning) return;
  learning_ = false;
  hold_ = needed_;
}

void ReorderBuffer::push(const CaptureRecord& record) {
  Entry entry{numbers_++, record};
  entry.record.time = place(record.time);
  latest_ = std::max(latest_, entry.record.time);
  if (learning_) learn();
  bytes_ += record.frame.captured;
  heap_.push_back(entry);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::size_t ReorderBuffer::pop(std::span<CaptureRecord> out, bool all) {
  const std::int64_t hold = several_clocks_ ? bound_ : hold_;
  std::size_t count = 0;
  while (count < out.size() && !heap_.empty()) {
    const bool full = heap_.size() > kMostRecords || bytes_ > kMostBytes;
    if (!all && !full && heap_.front().record.time > latest_ - hold) break;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    CaptureRecord& record = out[count++];
    record = heap_.back().record;
    heap_.pop_back();
    bytes_ -= record.frame.captured;
    left_ = std::max(left_, record.time);
    record.time = left_;
  }
  return count;
}

}  // namespace floodgauge
