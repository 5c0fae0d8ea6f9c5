#include "engine/port/capture_merge.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

// The standard heap has the greatest on top.
constexpr auto kLater = [](const auto& a, const auto& b) { return b.before(a); };

}  // namespace

CaptureMerge::CaptureMerge(std::vector<std::unique_ptr<CaptureReader>> readers)
    : readers_(std::move(readers)) {
  for (std::size_t order = 0; order < readers_.size(); ++order) {
    dry_.push_back({.reader = readers_[order].get(), .order = order, .rest = {}});
  }
  heap_.reserve(readers_.size());
}

void CaptureMerge::refill() {
  for (Source& source : dry_) {
    source.rest = source.reader->next();
    if (source.rest.empty()) continue;
    heap_.push_back(source);
    std::push_heap(heap_.begin(), heap_.end(), kLater);
  }
  dry_.clear();
}

/// Takes from `source` while it is before `rival`. Returns the new count of merged records.
std::size_t CaptureMerge::take_run(Source& source, const Source* rival, std::size_t count) {
  while (!source.rest.empty() && count < merged_.size() &&
         (rival == nullptr || source.before(*rival))) {
    CaptureRecord& record = merged_[count++];
    record = source.rest.front();
    latest_ = std::max(latest_, record.time);
    record.time = latest_;
    source.rest = source.rest.subspan(1);
  }
  return count;
}

std::int64_t CaptureMerge::peek() {
  refill();
  return heap_.empty() ? 0 : std::max(latest_, heap_.front().rest.front().time);
}

/// What one source has in hand, as it lies, when its times never go back; else nothing.
std::span<const CaptureRecord> CaptureMerge::only_run() {
  if (readers_.size() != 1 || heap_.empty()) return {};
  const std::span<const CaptureRecord> rest = heap_.front().rest;
  std::int64_t latest = latest_;
  for (const CaptureRecord& record : rest) {
    if (record.time < latest) return {};
    latest = record.time;
  }
  latest_ = latest;
  dry_.push_back(heap_.front());
  heap_.clear();
  return rest;
}

std::span<const CaptureRecord> CaptureMerge::next() {
  refill();
  if (const std::span<const CaptureRecord> run = only_run(); !run.empty()) return run;
  std::size_t count = 0;
  // A source that runs dry ends the batch: reading on in it could let go of the chunk that records
  // of this batch lie in.
  while (!heap_.empty() && dry_.empty() && count < merged_.size()) {
    std::pop_heap(heap_.begin(), heap_.end(), kLater);
    Source source = heap_.back();
    heap_.pop_back();
    count = take_run(source, heap_.empty() ? nullptr : &heap_.front(), count);
    if (source.rest.empty()) {
      dry_.push_back(source);
    } else {
      heap_.push_back(source);
      std::push_heap(heap_.begin(), heap_.end(), kLater);
    }
  }
  return std::span(merged_).first(count);
}

}  // namespace floodgauge
