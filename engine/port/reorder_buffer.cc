#include "engine/port/reorder_buffer.h"

#include <algorithm>

namespace floodgauge {

bool ReorderBuffer::later(const Entry& a, const Entry& b) {
  return a.record.time != b.record.time ? a.record.time > b.record.time : a.number > b.number;
}

/// The time at which a record of `time` can still leave.
std::int64_t ReorderBuffer::place(std::int64_t time) {
  if (time >= latest_) return time;
  needed_ = std::max(needed_, std::min(bound_ / 2, latest_ - time) * 2);
  if (!learning_) hold_ = std::max(hold_, needed_);
  if (time >= left_) {
    catch_up_ = 0;
    return time;
  }
  catch_up_ = std::max(catch_up_, left_ - time);
  return std::min(time + catch_up_, kLatestCaptureTime);
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
  const bool late = entry.record.time < latest_;
  latest_ = std::max(latest_, entry.record.time);
  if (learning_) learn();
  bytes_ += record.frame.captured;
  if (late) {
    late_.push_back(entry);
    std::push_heap(late_.begin(), late_.end(), later);
  } else {
    in_order_.push_back(entry);
  }
}

const ReorderBuffer::Entry& ReorderBuffer::earliest() const {
  if (late_.empty()) return in_order_.front();
  if (in_order_.empty()) return late_.front();
  return later(in_order_.front(), late_.front()) ? late_.front() : in_order_.front();
}

void ReorderBuffer::remove_earliest() {
  if (&earliest() != late_.data() || late_.empty()) return in_order_.pop_front();
  std::pop_heap(late_.begin(), late_.end(), later);
  late_.pop_back();
}

std::size_t ReorderBuffer::pop(std::span<CaptureRecord> out, bool all) {
  const std::int64_t hold = several_clocks_ ? bound_ : hold_;
  std::size_t count = 0;
  while (count < out.size() && !empty()) {
    const bool full = size() > kMostRecords || bytes_ > kMostBytes;
    CaptureRecord& record = out[count];
    record = earliest().record;
    if (!all && !full && record.time > latest_ - hold) break;
    remove_earliest();
    ++count;
    bytes_ -= record.frame.captured;
    left_ = std::max(left_, record.time);
    record.time = left_;
  }
  return count;
}

}  // namespace floodgauge
