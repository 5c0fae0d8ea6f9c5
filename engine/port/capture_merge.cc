#include "engine/port/capture_merge.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

// The standard heap has its greatest element on top. The earliest source must be on top here.
constexpr auto kLater = [](const auto& a, const auto& b) { return b.before(a); };

}  // namespace

CaptureMerge::CaptureMerge(std::vector<std::unique_ptr<CaptureReader>> readers)
    : readers_(std::move(readers)) {
  for (std::size_t order = 0; order < readers_.size(); ++order) {
    exhausted_.push_back({.reader = readers_[order].get(), .order = order, .unmerged = {}});
  }
  heap_.reserve(readers_.size());
}

void CaptureMerge::refill() {
  for (Source& source : exhausted_) {
    source.unmerged = source.reader->next();
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
  return heap_.empty() ? 0 : std::max(latest_, heap_.front().unmerged.front().time);
}

/// With a single file whose batch is in order of time, returns the batch itself, without copying.
/// Otherwise returns nothing.
std::span<const CaptureRecord> CaptureMerge::sorted_single_source() {
  if (readers_.size() != 1 || heap_.empty()) return {};
  const std::span<const CaptureRecord> batch = heap_.front().unmerged;
  std::int64_t latest = latest_;
  for (const CaptureRecord& record : batch) {
    if (record.time < latest) return {};
    latest = record.time;
  }
  latest_ = latest;
  exhausted_.push_back(heap_.front());
  heap_.clear();
  return batch;
}

std::span<const CaptureRecord> CaptureMerge::next() {
  refill();
  if (const std::span<const CaptureRecord> run = sorted_single_source(); !run.empty()) return run;
  std::size_t count = 0;
  // The batch ends when a source has no records left: reading more of it could release the chunk
  // that holds records of this batch.
  while (!heap_.empty() && exhausted_.empty() && count < merged_.size()) {
    std::pop_heap(heap_.begin(), heap_.end(), kLater);
    Source source = heap_.back();
    heap_.pop_back();
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
