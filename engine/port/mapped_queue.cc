#include "engine/port/mapped_queue.h"

#include <algorithm>
#include <limits>

#include "engine/port/symmetric_rss.h"

namespace floodgauge {

void fill_burst(std::span<const CaptureRecord> records, ReceivedBurst& burst) {
  burst.size = static_cast<std::uint16_t>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    burst.frames[i] = records[i].frame;
    burst.times[i] = {records[i].time};
  }
}

void MappedQueue::receive(ReceivedBurst& burst, Nanoseconds& clock) {
  if (pending_.empty()) read_next();
  burst.size = 0;
  if (finished_) {
    clock_ = std::numeric_limits<std::int64_t>::max();
  } else if (!pending_.empty()) {
    const std::int64_t now = pace_.now(pending_.front().time);
    const auto delivered = pending_.first(due(now));
    fill_burst(delivered, burst);
    pass_.count(delivered);
    if (!delivered.empty()) clock_ = delivered.back().time;
    pending_ = pending_.subspan(delivered.size());
    // No later packet of this queue can be earlier than the next pending one. If that one is not
    // due yet, the clock follows the capture time `now` until it is.
    if (!pending_.empty()) clock_ = std::max(clock_, std::min(pending_.front().time, now));
  }
  if (pending_.empty()) clock_ = std::max(clock_, read_to_);
  clock = {clock_};
}

/// How many of the pending records are due, at most a burst.
std::size_t MappedQueue::due(std::int64_t now) const {
  const std::size_t burst = std::min<std::size_t>(kBurst, pending_.size());
  if (!pace_.limited()) return burst;
  std::size_t count = 0;
  while (count < burst && pending_[count].time <= now) ++count;
  return count;
}

void MappedQueue::read_next() {
  if (finished_) return;
  std::span<const CaptureRecord> records;
  if (!stopping_.load(std::memory_order_relaxed)) records = pass_.merge.next();
  finished_ = records.empty();
  if (!finished_) read_to_ = records.back().time;
  pending_ = options_.queues == 1 ? records : own_of(records);
  pass_.publish_position();
}

std::span<const CaptureRecord> MappedQueue::own_of(std::span<const CaptureRecord> records) {
  std::array<std::uint32_t, CaptureMerge::kBatch> hashes;
  options_.spread(records, std::span(hashes).first(records.size()));
  std::size_t count = 0;
  for (std::size_t at = 0; at < records.size(); ++at) {
    own_[count] = records[at];  // no branch: which queue comes next cannot be predicted
    count += queue_of(hashes[at], options_.queues) == number_;
  }
  return std::span(own_).first(count);
}

}  // namespace floodgauge
