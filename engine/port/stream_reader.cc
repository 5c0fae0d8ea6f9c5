// Selects the ring's implementation in C11 atomics, which the thread sanitizer understands.
#define RTE_USE_C11_MEM_MODEL 1

#include "engine/port/stream_reader.h"

#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>

#include "engine/port/mapped_queue.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();
/// Records in a ring: about 80 KiB, which fits in a worker's L2 cache.
constexpr unsigned kRingRecords = 2048;

}  // namespace

class StreamReader::RingQueue : public RxQueue {
 public:
  RingQueue() : ring_(make_ring()) {}

  ~RingQueue() override {
    for (const CaptureRecord& record : staged_records()) release(record);
    release_burst();
    CaptureRecord record;
    while (rte_ring_sc_dequeue_elem(ring_.get(), &record, sizeof(record)) == 0) release(record);
  }

  // Called by the worker.

  void receive(ReceivedBurst& burst, Nanoseconds& clock) override {
    release_burst();
    // The clock is loaded first. All packets before `reached` are in the ring by then, so that if
    // the ring is then found empty, none of them is missing.
    const std::int64_t reached = reached_.load(std::memory_order_acquire);
    burst_size_ = rte_ring_sc_dequeue_burst_elem(ring_.get(), burst_.data(), sizeof(CaptureRecord),
                                                 kBurst, nullptr);
    fill_burst(std::span(burst_).first(burst_size_), burst);
    clock_ = burst_size_ > 0 ? burst_[burst_size_ - 1].time : std::max(clock_, reached);
    clock = {clock_};
  }

  bool finished() const override {
    return reached_.load(std::memory_order_acquire) == kEndOfTime &&
           rte_ring_empty(ring_.get()) != 0;
  }

  // Called by the reading thread.

  /// Keeps a record for the next flush(), and holds its chunk until the worker has released it.
  void stage(const CaptureRecord& record) {
    if (record.chunk != nullptr) record.chunk->hold();
    staged_[staged_end_++] = record;
  }

  std::span<const CaptureRecord> staged_records() const {
    return std::span(staged_).first(staged_end_).subspan(staged_begin_);
  }

  /// Moves as many staged records into the ring as it has room for and returns them. Then publishes
  /// the time before which no more records come: that of the first record still staged, or
  /// `reached`, the time of the last record read, if none is.
  std::span<const CaptureRecord> flush(std::int64_t reached) {
    const std::span<const CaptureRecord> staged = staged_records();
    const unsigned count =
        rte_ring_sp_enqueue_burst_elem(ring_.get(), staged.data(), sizeof(CaptureRecord),
                                       static_cast<unsigned>(staged.size()), nullptr);
    staged_begin_ += count;
    publish(count < staged.size() ? staged[count].time : reached);
    if (staged_begin_ == staged_end_) staged_begin_ = staged_end_ = 0;
    return staged.first(count);
  }

  void publish(std::int64_t reached) { reached_.store(reached, std::memory_order_release); }

 private:
  struct FreeRing {
    void operator()(rte_ring* ring) const { std::free(ring); }
  };
  using Ring = std::unique_ptr<rte_ring, FreeRing>;

  /// A ring in ordinary memory. rte_ring_create() would need a running EAL.
  static Ring make_ring() {
    // The value of rte_ring_get_memsize_elem(), which DPDK 24.11 declares without C linkage.
    constexpr std::size_t bytes = sizeof(rte_ring) + kRingRecords * sizeof(CaptureRecord);
    static_assert(bytes % RTE_CACHE_LINE_SIZE == 0);
    Ring ring(static_cast<rte_ring*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, bytes)));
    if (ring == nullptr) throw std::bad_alloc();
    if (rte_ring_init(ring.get(), "capture", kRingRecords, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
      throw std::logic_error("a ring of no valid size");
    }
    return ring;
  }

  static void release(const CaptureRecord& record) {
    if (record.chunk != nullptr) record.chunk->release();
  }
  void release_burst() {
    for (const CaptureRecord& record : std::span(burst_).first(burst_size_)) release(record);
    burst_size_ = 0;
  }

  Ring ring_;

  // The worker's: the burst that receive() returned last.
  alignas(64) std::array<CaptureRecord, kBurst> burst_;
  unsigned burst_size_ = 0;
  std::int64_t clock_ = 0;

  // The reading thread's: records that did not fit in the ring yet.
  alignas(64) std::array<CaptureRecord, CaptureMerge::kBatch> staged_;
  std::size_t staged_begin_ = 0;
  std::size_t staged_end_ = 0;

  /// No record before this time will be enqueued any more; kEndOfTime at the end of all captures.
  alignas(64) std::atomic<std::int64_t> reached_{0};
};

StreamReader::StreamReader(CapturePass& pass, const CaptureOptions& options,
                           const std::atomic<bool>& stopping)
    : pass_(pass), options_(options), stopping_(stopping), pace_(options.speed, options.wall) {
  for (unsigned queue = 0; queue < options.queues; ++queue) {
    queues_.push_back(std::make_unique<RingQueue>());
  }
}

StreamReader::~StreamReader() {
  if (thread_.joinable()) thread_.join();
}

void StreamReader::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { read_and_spread(); });
}

RxQueue& StreamReader::queue(unsigned index) {
  return *queues_.at(index);
}

void StreamReader::read_and_spread() {
  // When the replay is stopped, the readers return what they hold and then nothing more. With a
  // limited speed that is not due yet.
  while (!stopping() || !pace_.limited()) {
    std::span<const CaptureRecord> records = pass_.merge.next();
    if (records.empty()) break;
    while (!records.empty() && (!stopping() || !pace_.limited())) {
      const std::size_t due = wait_until_due(records);
      if (!spread(records.first(due))) return end();
      records = records.subspan(due);
    }
    pass_.publish_position();
  }
  end();
}

void StreamReader::end() {
  pass_.publish_position();
  for (const auto& queue : queues_) queue->publish(kEndOfTime);
}

/// Returns how many records are due. Sleeps until at least one is, unless told to stop. The queues'
/// clocks go on meanwhile, so that windows close on time while no packets come.
std::size_t StreamReader::wait_until_due(std::span<const CaptureRecord> records) {
  constexpr std::int64_t kLongestSleep = 1'000'000;  // nanoseconds
  if (!pace_.limited()) return records.size();
  const std::int64_t next = records.front().time;
  std::int64_t now = pace_.now(next);
  while (now < next && !stopping()) {
    for (const auto& queue : queues_) queue->publish(now);
    std::this_thread::sleep_for(
        std::chrono::nanoseconds(std::min(pace_.wall_span(now, next) + 1, kLongestSleep)));
    now = pace_.now(next);
  }
  const auto late = std::find_if(records.begin(), records.end(),
                                 [=](const CaptureRecord& record) { return record.time > now; });
  return static_cast<std::size_t>(late - records.begin());
}

/// Hands at most one batch to the queues. False when nobody takes it any more.
bool StreamReader::spread(std::span<const CaptureRecord> records) {
  if (records.empty()) return true;
  std::array<std::uint32_t, CaptureMerge::kBatch> hashes{};
  if (queues_.size() > 1) options_.spread(records, std::span(hashes).first(records.size()));
  const auto queues = static_cast<std::uint32_t>(queues_.size());
  for (std::size_t at = 0; at < records.size(); ++at) {
    queues_[queue_of(hashes[at], queues)]->stage(records[at]);
  }
  return flush(records.back().time);
}

/// Waits until all staged records are in the rings; when the replay is stopped, only while workers
/// take some. Every round serves every queue and publishes
/// its clock. A full queue therefore does not stop the clocks of the others, for which its worker
/// may be waiting.
bool StreamReader::flush(std::int64_t reached) {
  constexpr int kRoundsBeforeSleep = 64;
  constexpr std::chrono::microseconds kSleep{20};
  constexpr std::chrono::milliseconds kLongestStandstill{500};
  auto moved = std::chrono::steady_clock::now();
  for (int round = 0;; ++round) {
    bool left = false;
    std::size_t taken = 0;
    for (const auto& queue : queues_) {
      const std::span<const CaptureRecord> flushed = queue->flush(reached);
      taken += flushed.size();
      pass_.count(flushed);
      left = left || !queue->staged_records().empty();
    }
    if (!left) return true;
    if (stopping()) {
      const auto now = std::chrono::steady_clock::now();
      if (taken > 0) moved = now;
      if (now - moved > kLongestStandstill) return false;
    }
    if (round < kRoundsBeforeSleep) {
      rte_pause();
    } else {
      std::this_thread::sleep_for(kSleep);
    }
  }
}

}  // namespace floodgauge
