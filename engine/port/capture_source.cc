#include "engine/port/capture_source.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engine/port/fast_rss.h"

namespace floodgauge {
namespace {

/// Every MappedQueue opens every file. With more open files than this, one thread reads them all.
constexpr std::size_t kMaxMappedFiles = 1024;

std::vector<std::unique_ptr<CaptureReader>> open_all(const CaptureOptions& options,
                                                     const std::atomic<bool>& stop) {
  if (options.paths.empty()) throw std::invalid_argument("no capture to replay");
  if (options.queues == 0) throw std::invalid_argument("no queue to replay into");
  std::vector<std::unique_ptr<CaptureReader>> readers;
  for (const std::string& path : options.paths) {
    readers.push_back(std::make_unique<CaptureReader>(path, &stop));
  }
  return readers;
}

/// Whether every queue can read all captures itself.
bool can_map(const CaptureMerge& merge, const CaptureOptions& options) {
  const auto& readers = merge.readers();
  const bool streamed = std::any_of(readers.begin(), readers.end(),
                                    [](const auto& reader) { return reader->streamed(); });
  const bool one_queue = options.queues == 1;
  return !streamed &&
         (one_queue || (options.speed <= 0 && readers.size() * options.queues <= kMaxMappedFiles));
}

/// Bytes of all files; 0 when one file's size is unknown. A file that failed to open counts as 0.
std::uint64_t total_size(const CaptureMerge& merge) {
  const auto& readers = merge.readers();
  const bool known = std::all_of(readers.begin(), readers.end(), [](const auto& reader) {
    return reader->size() > 0 || reader->outcome().failed();
  });
  std::uint64_t size = 0;
  for (const auto& reader : readers) size += known ? reader->size() : 0;
  return size;
}

}  // namespace

void spread_by_outer_addresses(std::span<const CaptureRecord> records,
                               std::span<std::uint32_t> hashes) {
  std::transform(records.begin(), records.end(), hashes.begin(),
                 [](const CaptureRecord& record) { return rss_of_outer_addresses(record.frame); });
}

CaptureSource::CaptureSource(CaptureOptions options) : options_(std::move(options)) {
  passes_.push_back(
      std::make_unique<CapturePass>(open_all(options_, stopping_), options_.reorder, gaps_));
  CapturePass& first = *passes_.front();
  size_ = total_size(first.merge);
  if (!can_map(first.merge, options_)) {
    stream_ = std::make_unique<StreamReader>(first, options_, stopping_);
    return;
  }
  for (unsigned queue = 0; queue < options_.queues; ++queue) {
    if (queue > 0) {
      passes_.push_back(
          std::make_unique<CapturePass>(open_all(options_, stopping_), options_.reorder, gaps_));
    }
    mapped_.push_back(std::make_unique<MappedQueue>(*passes_.back(), options_, stopping_, queue));
  }
}

CaptureSource::~CaptureSource() {
  request_stop();
}

void CaptureSource::start() {
  if (stream_ != nullptr) stream_->start();
}

RxQueue& CaptureSource::queue(unsigned index) {
  if (stream_ != nullptr) return stream_->queue(index);
  return *mapped_.at(index);
}

bool CaptureSource::prefault_pages() {
  bool any = false;
  for (const auto& pass : passes_) {
    for (const auto& reader : pass->merge.readers()) any = reader->prefault_pages() || any;
  }
  return any;
}

std::uint64_t CaptureSource::clock_jumps() const {
  std::uint64_t jumps = 0;
  for (const auto& pass : passes_) {
    jumps = std::max(jumps, pass->jumps.load(std::memory_order_relaxed));
  }
  return jumps;
}

Nanoseconds CaptureSource::reached() const {
  std::int64_t last = 0;
  for (const auto& pass : passes_)
    last = std::max(last, pass->last.load(std::memory_order_relaxed));
  return {last};
}

CaptureProgress CaptureSource::progress() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  CaptureProgress progress{.position = passes_.front()->position.load(kRelaxed), .size = size_};
  for (const auto& pass : passes_) {
    progress.packets += pass->packets.load(kRelaxed);
    progress.bytes += pass->bytes.load(kRelaxed);
    progress.position = std::min(progress.position, pass->position.load(kRelaxed));
  }
  return progress;
}

/// When several passes read a file, its outcome is the worst of theirs.
std::vector<CaptureOutcome> CaptureSource::outcomes() const {
  std::vector<CaptureOutcome> outcomes(options_.paths.size());
  for (const auto& pass : passes_) {
    for (std::size_t file = 0; file < outcomes.size(); ++file) {
      const CaptureOutcome& outcome = pass->merge.readers()[file]->outcome();
      if (outcome.end > outcomes[file].end) outcomes[file] = outcome;
    }
  }
  return outcomes;
}

CaptureSummary CaptureSource::summary() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  CaptureSummary summary{.last = reached().count, .names = {}, .outcomes = outcomes()};
  for (const auto& pass : passes_) {
    const std::uint64_t packets = pass->packets.load(kRelaxed);
    if (packets == 0) continue;
    const std::int64_t first = pass->first.load(kRelaxed);
    summary.first = summary.packets == 0 ? first : std::min(summary.first, first);
    summary.packets += packets;
    summary.bytes += pass->bytes.load(kRelaxed);
  }
  // Each pass reads all files, and finds the same.
  summary.clock = passes_.front()->merge.clock();
  for (const auto& reader : passes_.front()->merge.readers()) {
    summary.names.push_back(reader->name());
  }
  return summary;
}

}  // namespace floodgauge
