#include "engine/port/capture_times.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

void release(const CaptureRecord& record) {
  if (record.chunk != nullptr) record.chunk->release();
}

}  // namespace

CaptureTimes::CaptureTimes(std::unique_ptr<CaptureReader> reader, Nanoseconds reorder)
    : reader_(std::move(reader)),
      bound_(reorder.count),
      steps_(bound_, reader_->live()),
      reorder_(bound_) {}

CaptureTimes::~CaptureTimes() {
  release_delivered();
  steps_.for_each(release);
  reorder_.for_each(release);
}

void CaptureTimes::release_delivered() {
  for (const CaptureRecord& record : std::span(delivered_).first(delivered_size_)) release(record);
  delivered_size_ = 0;
}

/// Whether the batch is in order and needs no stage. Corrects its times by the clock's offset.
bool CaptureTimes::pass(std::span<CaptureRecord> batch) {
  const auto offset = static_cast<std::uint64_t>(steps_.offset());
  const std::uint32_t interface = steps_.first_interface();
  auto latest = static_cast<std::uint64_t>(steps_.latest());
  // As unsigned numbers, steps back are greater than every bound.
  std::uint64_t greatest = 0;
  std::uint32_t others = 0;
  for (const CaptureRecord& record : batch) {
    const std::uint64_t time = static_cast<std::uint64_t>(record.time) - offset;
    greatest = std::max(greatest, time - latest);
    others |= record.interface ^ interface;
    latest = time;
  }
  if (greatest > static_cast<std::uint64_t>(bound_) || others != 0) return false;
  if (latest > static_cast<std::uint64_t>(kLatestCaptureTime)) return false;
  if (offset != 0) {
    for (CaptureRecord& record : batch) record.time -= steps_.offset();
  }
  steps_.passed(static_cast<std::int64_t>(latest), batch.size());
  reorder_.passed(static_cast<std::int64_t>(latest));
  return true;
}

void CaptureTimes::take(std::span<const CaptureRecord> batch) {
  for (const CaptureRecord& record : batch) {
    if (record.chunk != nullptr) record.chunk->hold();
    steps_.take(record);
    move_settled();
  }
}

void CaptureTimes::move_settled() {
  if (steps_.several_interfaces()) reorder_.keep_holding();
  for (std::size_t count = steps_.settled(); count > 0; --count) reorder_.push(steps_.remove());
}

/// When the reader finds that the file's unit is nanoseconds, it has read the first fractions,
/// which were below 10^6, as microseconds: a thousand times too great. Their records are still
/// held.
void CaptureTimes::look_at_unit() {
  if (reader_->read_as_nanoseconds() == nanoseconds_) return;
  nanoseconds_ = true;
  const auto read_again = [](std::int64_t time) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    return time < 0 ? time : time - time % kSecond + time % kSecond / 1000;
  };
  steps_.change_times(read_again);
  reorder_.change_times(read_again);
}

std::span<const CaptureRecord> CaptureTimes::next() {
  release_delivered();
  while (true) {
    delivered_size_ = reorder_.pop(delivered_, ended_);
    if (delivered_size_ > 0) return std::span(delivered_).first(delivered_size_);
    if (ended_) return {};
    const std::span<CaptureRecord> batch = reader_->next();
    look_at_unit();
    if (batch.empty()) {
      ended_ = true;
      steps_.end();
      move_settled();
    } else if (steps_.passes() && reorder_.passes() && pass(batch)) {
      return batch;
    } else {
      take(batch);
    }
  }
}

CaptureClock CaptureTimes::clock() const {
  CaptureClock clock = steps_.clock();
  clock.read_as_nanoseconds = reader_->read_as_nanoseconds() ? 1 : 0;
  return clock;
}

}  // namespace floodgauge
