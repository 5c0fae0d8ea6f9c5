// Rings whose synchronization is spelled out in C11 atomics: so the thread sanitizer sees it.
#define RTE_USE_C11_MEM_MODEL 1

#include "engine/port/capture_queue.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include "engine/port/rss_at_a_glance.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();
/// Records a ring holds: some 80 KiB, which a worker's L2 has room for.
constexpr unsigned kRingRecords = 2048;
/// More files than this, each open once for every queue, are read by one thread.
constexpr std::size_t kMostMapped = 1024;

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

/// Whether every queue can read all of the captures itself: none of them comes in chunks.
bool may_read_inline(const CaptureMerge& merge, const CaptureOptions& options) {
  const auto& readers = merge.readers();
  const bool streamed = std::any_of(readers.begin(), readers.end(),
                                    [](const auto& reader) { return reader->streamed(); });
  const bool alone = options.queues == 1;
  return !streamed &&
         (alone || (options.speed <= 0 && readers.size() * options.queues <= kMostMapped));
}

/// At most a burst.
void give(std::span<const CaptureRecord> records, Received& burst) {
  burst.size = static_cast<std::uint16_t>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    burst.frames[i] = records[i].frame;
    burst.times[i] = {records[i].time};
  }
}

}  // namespace

void spread_by_outer_addresses(std::span<const CaptureRecord> records,
                               std::span<std::uint32_t> hashes) {
  std::transform(records.begin(), records.end(), hashes.begin(),
                 [](const CaptureRecord& record) { return rss_of_outer_addresses(record.frame); });
}

/// A queue of mapped files: reads when it is asked, and leaves out what is other queues'.
class CaptureSource::InlineQueue : public RxQueue {
 public:
  InlineQueue(CaptureSource& source, std::uint32_t number)
      : source_(source), way_(*source.ways_[number]), number_(number) {}

  void receive(Received& burst, Nanoseconds& clock) override {
    if (pending_.empty()) bring_next();
    burst.size = 0;
    if (finished_) {
      clock_ = kEndOfTime;
    } else if (!pending_.empty()) {
      const std::int64_t now = source_.pace_.now(pending_.front().time);
      const auto given = pending_.first(source_.pace_.limited() ? due(now) : at_most_a_burst());
      give(given, burst);
      way_.count(given);
      if (!given.empty()) clock_ = given.back().time;
      pending_ = pending_.subspan(given.size());
      // While a packet waits nothing earlier can come; nor than now, while it is not due.
      if (!pending_.empty()) clock_ = std::max(clock_, std::min(pending_.front().time, now));
    }
    if (pending_.empty()) clock_ = std::max(clock_, read_to_);
    clock = {clock_};
  }

  bool finished() const override { return finished_; }

 private:
  std::size_t at_most_a_burst() const { return std::min<std::size_t>(kBurst, pending_.size()); }

  std::size_t due(std::int64_t now) const {
    const std::size_t most = at_most_a_burst();
    std::size_t count = 0;
    while (count < most && pending_[count].time <= now) ++count;
    return count;
  }

  void bring_next() {
    if (finished_) return;
    std::span<const CaptureRecord> records;
    if (!source_.stopping()) records = way_.merge.next();
    finished_ = records.empty();
    if (!finished_) read_to_ = records.back().time;
    pending_ = source_.queues() == 1 ? records : own_of(records);
    way_.note_position();
  }

  std::span<const CaptureRecord> own_of(std::span<const CaptureRecord> records) {
    std::array<std::uint32_t, CaptureMerge::kBatch> hashes;
    source_.hash(records, hashes);
    std::size_t count = 0;
    for (std::size_t at = 0; at < records.size(); ++at) {
      own_[count] = records[at];  // without a branch: whose it is comes in no order
      count += queue_of(hashes[at], source_.queues()) == number_;
    }
    return std::span(own_).first(count);
  }

  CaptureSource& source_;
  Way& way_;
  std::uint32_t number_;
  std::span<const CaptureRecord> pending_;
  std::array<CaptureRecord, CaptureMerge::kBatch> own_;
  std::int64_t clock_ = 0;
  std::int64_t read_to_ = 0;  ///< time of the last record read, whosever it is
  bool finished_ = false;
};

/// A queue that does not read itself: the reading thread is at its other end.
class CaptureSource::RingQueue : public RxQueue {
 public:
  RingQueue() : ring_(make_ring()) {}

  ~RingQueue() override {
    for (const CaptureRecord& record : staged_records()) let_go(record);
    let_go_of_given();
    CaptureRecord record;
    while (rte_ring_sc_dequeue_elem(ring_.get(), &record, sizeof(record)) == 0) let_go(record);
  }

  // The worker's end.

  void receive(Received& burst, Nanoseconds& clock) override {
    let_go_of_given();
    // The clock first: all packets before `reached` are in the ring by now, so that when the ring
    // is then found empty there are none.
    const std::int64_t reached = reached_.load(std::memory_order_acquire);
    given_ = rte_ring_sc_dequeue_burst_elem(ring_.get(), taken_.data(), sizeof(CaptureRecord),
                                            kBurst, nullptr);
    give(std::span(taken_).first(given_), burst);
    clock_ = given_ > 0 ? taken_[given_ - 1].time : std::max(clock_, reached);
    clock = {clock_};
  }

  bool finished() const override {
    return reached_.load(std::memory_order_acquire) == kEndOfTime &&
           rte_ring_empty(ring_.get()) != 0;
  }

  // The reading thread's end.

  void stage(const CaptureRecord& record) {
    if (record.chunk != nullptr) record.chunk->hold();
    staged_[staged_end_++] = record;
  }

  std::span<const CaptureRecord> staged_records() const {
    return std::span(staged_).first(staged_end_).subspan(staged_begin_);
  }

  /// Puts into the ring what it has room for, and publishes the time before which nothing comes any
  /// more: `reached`, the time of the last record read, or that of what is left here. Returns what
  /// went in.
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

  /// In memory of its own, where rte_ring_create() would want the EAL's.
  static Ring make_ring() {
    // As rte_ring_get_memsize_elem(), which DPDK 24.11 declares without C linkage.
    constexpr std::size_t bytes = sizeof(rte_ring) + kRingRecords * sizeof(CaptureRecord);
    static_assert(bytes % RTE_CACHE_LINE_SIZE == 0);
    Ring ring(static_cast<rte_ring*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, bytes)));
    if (ring == nullptr) throw std::bad_alloc();
    if (rte_ring_init(ring.get(), "capture", kRingRecords, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
      throw std::logic_error("a ring of no valid size");
    }
    return ring;
  }

  static void let_go(const CaptureRecord& record) {
    if (record.chunk != nullptr) record.chunk->release();
  }
  void let_go_of_given() {
    for (const CaptureRecord& record : std::span(taken_).first(given_)) let_go(record);
    given_ = 0;
  }

  Ring ring_;

  alignas(64) std::array<CaptureRecord, kBurst> taken_;
  unsigned given_ = 0;  ///< of these, by the last receive()
  std::int64_t clock_ = 0;

  alignas(64) std::array<CaptureRecord, CaptureMerge::kBatch> staged_;
  std::size_t staged_begin_ = 0;
  std::size_t staged_end_ = 0;

  alignas(64) std::atomic<std::int64_t> reached_{0};
};

CaptureSource::CaptureSource(CaptureOptions options)
    : options_(std::move(options)), pace_(options_.speed, options_.wall) {
  ways_.push_back(std::make_unique<Way>(open_all(options_, stopping_)));
  const CaptureMerge& merge = ways_.front()->merge;
  const auto& readers = merge.readers();
  const bool known = std::all_of(readers.begin(), readers.end(), [](const auto& reader) {
    return reader->size() > 0 || reader->outcome().failed();
  });
  for (const auto& reader : readers) size_ += known ? reader->size() : 0;
  const bool reads_inline = may_read_inline(merge, options_);
  for (unsigned queue = 0; queue < options_.queues; ++queue) {
    if (!reads_inline) {
      rings_.push_back(std::make_unique<RingQueue>());
      continue;
    }
    if (queue > 0) ways_.push_back(std::make_unique<Way>(open_all(options_, stopping_)));
    inline_.push_back(std::make_unique<InlineQueue>(*this, queue));
  }
}

CaptureSource::~CaptureSource() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void CaptureSource::start() {
  if (!rings_.empty() && !thread_.joinable()) thread_ = std::thread([this] { read_and_spread(); });
}

unsigned CaptureSource::queues() const {
  return options_.queues;
}

RxQueue& CaptureSource::queue(unsigned index) {
  if (!inline_.empty()) return *inline_.at(index);
  return *rings_.at(index);
}

void CaptureSource::read_and_spread() {
  Way& way = *ways_.front();
  while (!stopping()) {
    std::span<const CaptureRecord> records = way.merge.next();
    if (records.empty()) break;
    while (!records.empty() && !stopping()) {
      const std::size_t due = wait_until_due(records);
      spread(records.first(due));
      records = records.subspan(due);
    }
    way.note_position();
  }
  way.note_position();
  for (const auto& queue : rings_) queue->publish(kEndOfTime);
}

/// How many records are due; sleeps until at least one is, unless told to stop. The queues' clocks
/// go on meanwhile, so that windows close on time in a silence too.
std::size_t CaptureSource::wait_until_due(std::span<const CaptureRecord> records) {
  constexpr std::int64_t kLongestSleep = 1'000'000;
  if (!pace_.limited()) return records.size();
  const std::int64_t next = records.front().time;
  std::int64_t now = pace_.now(next);
  while (now < next && !stopping()) {
    for (const auto& queue : rings_) queue->publish(now);
    std::this_thread::sleep_for(
        std::chrono::nanoseconds(std::min(pace_.wall_span(now, next) + 1, kLongestSleep)));
    now = pace_.now(next);
  }
  const auto late = std::find_if(records.begin(), records.end(),
                                 [=](const CaptureRecord& record) { return record.time > now; });
  return static_cast<std::size_t>(late - records.begin());
}

/// At most a batch.
void CaptureSource::hash(std::span<const CaptureRecord> records,
                         std::span<std::uint32_t> hashes) const {
  options_.spread(records, hashes.first(records.size()));
}

void CaptureSource::spread(std::span<const CaptureRecord> records) {
  if (records.empty()) return;
  std::array<std::uint32_t, CaptureMerge::kBatch> hashes{};
  if (rings_.size() > 1) hash(records, hashes);
  const auto queues = static_cast<std::uint32_t>(rings_.size());
  for (std::size_t at = 0; at < records.size(); ++at) {
    rings_[queue_of(hashes[at], queues)]->stage(records[at]);
  }
  flush(records.back().time);
}

/// Waits until all is in the rings. Each queue is served, and its clock published, in every round:
/// so a full one does not keep the others' clocks from going on, for which its worker may wait.
void CaptureSource::flush(std::int64_t reached) {
  constexpr int kRoundsBeforeSleep = 64;
  constexpr std::chrono::microseconds kSleep{20};
  for (int round = 0; !stopping(); ++round) {
    bool left = false;
    for (const auto& queue : rings_) {
      ways_.front()->count(queue->flush(reached));
      left = left || !queue->staged_records().empty();
    }
    if (!left) return;
    if (round < kRoundsBeforeSleep) {
      rte_pause();
    } else {
      std::this_thread::sleep_for(kSleep);
    }
  }
}

void CaptureSource::Way::count(std::span<const CaptureRecord> delivered) {
  if (delivered.empty()) return;
  constexpr auto kRelaxed = std::memory_order_relaxed;
  std::uint64_t sum = 0;
  for (const CaptureRecord& record : delivered) sum += record.frame.wire;
  const std::uint64_t before = packets.load(kRelaxed);
  const std::int64_t begin = delivered.front().time;
  first.store(before == 0 ? begin : std::min(first.load(kRelaxed), begin), kRelaxed);
  last.store(std::max(last.load(kRelaxed), delivered.back().time), kRelaxed);
  bytes.store(bytes.load(kRelaxed) + sum, kRelaxed);
  packets.store(before + delivered.size(), kRelaxed);
}

void CaptureSource::Way::note_position() {
  std::uint64_t sum = 0;
  for (const auto& reader : merge.readers()) sum += reader->position();
  position.store(sum, std::memory_order_relaxed);
}

bool CaptureSource::tend_pages() {
  bool any = false;
  for (const auto& way : ways_) {
    for (const auto& reader : way->merge.readers()) any = reader->tend_pages() || any;
  }
  return any;
}

Nanoseconds CaptureSource::reached() const {
  std::int64_t last = 0;
  for (const auto& way : ways_) last = std::max(last, way->last.load(std::memory_order_relaxed));
  return {last};
}

CaptureProgress CaptureSource::progress() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  CaptureProgress progress{.position = ways_.front()->position.load(kRelaxed), .size = size_};
  for (const auto& way : ways_) {
    progress.packets += way->packets.load(kRelaxed);
    progress.bytes += way->bytes.load(kRelaxed);
    progress.position = std::min(progress.position, way->position.load(kRelaxed));
  }
  return progress;
}

/// Of each file how it ended for whoever it ended worst for.
std::vector<CaptureOutcome> CaptureSource::outcomes() const {
  std::vector<CaptureOutcome> outcomes(options_.paths.size());
  for (const auto& way : ways_) {
    for (std::size_t file = 0; file < outcomes.size(); ++file) {
      const CaptureOutcome& outcome = way->merge.readers()[file]->outcome();
      if (outcome.end > outcomes[file].end) outcomes[file] = outcome;
    }
  }
  return outcomes;
}

CaptureSummary CaptureSource::summary() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  CaptureSummary summary{.last = reached().count, .names = {}, .outcomes = outcomes()};
  for (const auto& way : ways_) {
    const std::uint64_t packets = way->packets.load(kRelaxed);
    if (packets == 0) continue;
    const std::int64_t first = way->first.load(kRelaxed);
    summary.first = summary.packets == 0 ? first : std::min(summary.first, first);
    summary.packets += packets;
    summary.bytes += way->bytes.load(kRelaxed);
  }
  for (const auto& reader : ways_.front()->merge.readers()) {
    summary.names.push_back(reader->name());
  }
  return summary;
}

}  // namespace floodgauge
