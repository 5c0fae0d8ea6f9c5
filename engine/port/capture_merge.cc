#include "engine/port/capture_merge.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

// The standard heap has its greatest element on top. The earliest source must be on top here.
constexpr auto kLater = [](const auto& a, const auto& b) { return b.before(a); };

}  // namespace

CaptureMerge::CaptureMerge(std::vector<std::unique_ptr<CaptureReader>> readers, Nanoseconds reorder,
                           CaptureGaps* gaps)
    : reorder_(reorder.count), gaps_(gaps) {
  for (std::unique_ptr<CaptureReader>& reader : readers) {
    readers_.push_back(reader.get());
    files_.push_back(std::make_unique<CaptureTimes>(std::move(reader), reorder));
    exhausted_.push_back(
        {.times = files_.back().get(), .order = exhausted_.size(), .unmerged = {}});
  }
  heap_.reserve(files_.size());
}

CaptureClock CaptureMerge::clock() const {
  CaptureClock clock;
  for (const auto& file : files_) clock.merge(file->clock());
  return clock;
}

bool CaptureMerge::timed() const {
  return std::none_of(heap_.begin(), heap_.end(),
                      [](const Source& source) { return source.times->clock().stamped == 0; });
}

/// A file begins after all files before it have ended: nothing was captured in between.
void CaptureMerge::note_gap(Source& source) {
  source.begun = true;
  const std::int64_t next = source.unmerged.front().time;
  const bool first = latest_ < 0;
  const bool alone =
      std::none_of(heap_.begin(), heap_.end(), [](const Source& other) { return other.begun; });
  if (first || !alone || gaps_ == nullptr || next - latest_ <= reorder_) return;
  gaps_->add({latest_}, {next});
}

void CaptureMerge::refill() {
  for (Source& source : exhausted_) {
    source.unmerged = source.times->next();
    if (source.unmerged.empty()) continue;
    heap_.push_back(source);
    std::push_heap(heap_.begin(), heap_.end(), kLater);
  }
  exhausted_.clear();
}

/// Takes records of `source` while they come before the next one of `rival`, the earliest of the
/// other sources (null: there is no other). Returns the new count of merged records.
std::size_t CaptureMerge::take_run(Source& source, const Source* rival, std::size_t count) {
  while (!source.unmerged.empty() && count < merged_.size() &&
         (rival == nullptr || source.before(*rival))) {
    CaptureRecord& record = merged_[count++];
    record = source.unmerged.front();
    latest_ = std::max(latest_, record.time);
    record.time = latest_;
    source.unmerged = source.unmerged.subspan(1);
  }
  return count;
}

std::int64_t CaptureMerge::peek() {
  refill();
  return heap_.empty() ? 0
                       : std::max({latest_, heap_.front().unmerged.front().time, std::int64_t{0}});
}

/// With a single file, whose batch is in order, returns the batch itself, without copying. With
/// several, returns nothing.
std::span<const CaptureRecord> CaptureMerge::single_source() {
  if (files_.size() != 1 || heap_.empty()) return {};
  const std::span<const CaptureRecord> batch = heap_.front().unmerged;
  latest_ = batch.back().time;
  heap_.front().begun = true;
  exhausted_.push_back(heap_.front());
  heap_.clear();
  return batch;
}

std::span<const CaptureRecord> CaptureMerge::next() {
  refill();
  if (const std::span<const CaptureRecord> run = single_source(); !run.empty()) return run;
  std::size_t count = 0;
  // The batch ends when a source has no records left: reading more of it could release the chunk
  // that holds records of this batch.
  while (!heap_.empty() && exhausted_.empty() && count < merged_.size()) {
    std::pop_heap(heap_.begin(), heap_.end(), kLater);
    Source source = heap_.back();
    heap_.pop_back();
    if (!source.begun) note_gap(source);
    count = take_run(source, heap_.empty() ? nullptr : &heap_.front(), count);
    if (source.unmerged.empty()) {
      exhausted_.push_back(source);
    } else {
      heap_.push_back(source);
      std::push_heap(heap_.begin(), heap_.end(), kLater);
    }
  }
  return std::span(merged_).first(count);
}

}  // namespace floodgauge
