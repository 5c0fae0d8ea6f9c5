// What one window holds of one protected host.
#pragma once

#include <emmintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/base/address.h"
#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/units.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// What was counted of one vector in one direction.
struct Cell {
  std::uint64_t bytes = 0;
  std::uint32_t packets = 0;
  Vector vector = Vector::tcp_established;
  bool outbound = false;
};

/// A cell's numbers, as kept. In twelve bytes: two of them have to fit in a record's first line.
class CellCounts {
 public:
  /// The first ones. Nothing is read: two stores that one load spans would have to reach the cache
  /// before it.
  void begin(std::uint32_t packets, std::uint64_t bytes) {
    packets_ = packets;
    std::memcpy(bytes_, &bytes, sizeof bytes);
  }
  void add(std::uint32_t packets, std::uint64_t bytes) {
    packets_ += packets;
    const std::uint64_t sum = this->bytes() + bytes;
    std::memcpy(bytes_, &sum, sizeof sum);
  }
  std::uint32_t packets() const { return packets_; }
  std::uint64_t bytes() const {
    std::uint64_t sum;
    std::memcpy(&sum, bytes_, sizeof sum);
    return sum;
  }

 private:
  std::uint32_t packets_;
  std::uint32_t bytes_[2];  // of one number, which may lie on four bytes here
};
static_assert(sizeof(CellCounts) == 12);

/// A cell for every vector and direction, for the few hosts that meet more of them in one window
/// than their record has room for: a flood from random source ports meets each service's.
struct MoreCells {
  CellCounts cells[2 * kVectors];  ///< without packets: not used
};

/// The blocks of one window. Fixed memory.
class MoreCellsPool {
 public:
  explicit MoreCellsPool(std::size_t blocks) : blocks_(blocks) {}
  /// An empty block, or nullptr when all are taken.
  MoreCells* take();
  void clear() { used_ = 0; }
  void prefault() { blocks_.prefault(); }
  std::size_t memory_bytes() const { return blocks_.bytes(); }

 private:
  HugeArray<MoreCells> blocks_;
  std::size_t used_ = 0;
};

/// What a window holds of a host beside its packets.
struct HostEvents {
  MoreCells* more = nullptr;         ///< the cells that find no room in the record
  std::uint32_t log_head = 0;        ///< newest log entry + 1; 0: none
  std::uint16_t detail = 0;          ///< its TargetDetail + 1; 0: none
  std::uint16_t logged = 0;          ///< packets in the log, counted up to kLoggedPackets
  std::uint32_t suspicious = 0;      ///< inbound packets of attack vectors
  std::uint32_t new_flows = 0;       ///< flows begun towards it
  std::uint32_t handshakes = 0;      ///< completed by the client's ACK
  std::uint32_t syn_answered = 0;    ///< SYN-ACKs it sent to SYNs that were seen
  std::uint32_t progressed = 0;      ///< clients that went on after a SYN, its answer not visible
  std::uint32_t first_payloads = 0;  ///< flows whose client sent its first payload
  std::uint32_t answers = 0;         ///< UDP answers it sent in flows that had asked
};

/// What a host's record is begun with for the packet that it is begun by, which is going to touch
/// it: where many hosts are hit by few packets each, what has been begun is as good as a coin.
struct HostBeginning {
  bool events = false;
  std::uint8_t key = 0;  ///< of a cell; 0: none
};

/// Four cache lines, of which the packets of ordinary connections touch the first alone, and those
/// of a flood the second as well: processors fetch lines by twos. These are this object. The other
/// two are kept apart (HostRecords), lest they take up memory and translations of addresses that
/// are hardly ever used: what the packets of many hosts wait for is not the memory alone.
class alignas(64) HostRecord {
 public:
  static constexpr int kCells = 10;

  HostRecord(const HostRecord&) = delete;
  HostRecord& operator=(const HostRecord&) = delete;

  IpAddress address;
  std::uint32_t prefix = 0;        ///< index of its protected prefix
  std::uint32_t flows_active = 0;  ///< flows with a packet towards it

  static constexpr HostBeginning hit_by(Vector vector) { return {true, key_of(vector, false)}; }
  static constexpr HostBeginning sending(Vector vector) { return {false, key_of(vector, true)}; }

  /// A host's record at its first packet. Of the four lines only the first is written to, and the
  /// second with the events. `turn`: HostSlots::turn() of its place.
  void begin(const IpAddress& of, std::uint32_t of_prefix, std::uint32_t in_fill,
             std::uint8_t turn = 0, HostBeginning with = {}) {
    address = of;
    prefix = of_prefix;
    flows_active = 0;
    first_[0].begin(0, 0);
    if (with.events) events_ = {};
    // In one store, for what cells_with() loads at once soon after: what several stores wrote it
    // would have to wait for until they are in the cache.
    const std::uint64_t low = in_fill |
                              std::uint64_t{with.events} << 8 * offsetof(Head, has_events) |
                              std::uint64_t{turn} << 8 * offsetof(Head, turn) |
                              std::uint64_t{with.key} << 8 * offsetof(Head, keys);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(&head_),
                     _mm_set_epi64x(0, static_cast<std::int64_t>(low)));
  }
  /// WorkerWindow::fill when it was begun.
  std::uint32_t fill() const { return head_.fill; }
  /// It looks begun in no window any more.
  void forget() { head_.fill = 0; }
  std::uint8_t turn() const { return head_.turn; }
  /// Asks for the first line, with two cells, and for the second, with the events and one more.
  void prefetch() const { prefetch_line(this); }
  void prefetch_events() const { prefetch_line(&events_); }
  /// The same, to be written to.
  void prefetch_to_write() const { prefetch_line_to_write(this); }
  void prefetch_events_to_write() const { prefetch_line_to_write(&events_); }

  HostEvents& events() {
    if (!head_.has_events) {
      events_ = {};
      head_.has_events = true;
    }
    return events_;
  }
  const HostEvents& events() const {
    static constexpr HostEvents kNone;
    return head_.has_events ? events_ : kNone;
  }
  bool has_events() const { return head_.has_events; }

  /// Counts packets of a vector and direction. Only when both the record and the pool are full does
  /// its last cell take what has none.
  [[gnu::always_inline]] void add(Vector vector, bool outbound, Volume volume,
                                  MoreCellsPool& pool) {
    const std::uint8_t key = key_of(vector, outbound);
    const unsigned found = cells_with(key);
    if (found != 0) {
      cell_at(std::countr_zero(found))
          .add(static_cast<std::uint32_t>(volume.packets), volume.bytes);
    } else {
      add_new(key, volume, pool);
    }
  }
  /// Calls visit(cell) for each cell that has packets.
  template <typename Visit>
  void for_each_cell(Visit&& visit) const {
    for (int i = 0; i < kCells && head_.keys[i] != 0; ++i) {
      visit(cell_of(head_.keys[i], i < kFirst ? first_[i] : others()[i - kFirst]));
    }
    if (events().more == nullptr) return;
    for (std::size_t i = 0; i < 2 * kVectors; ++i) {
      const CellCounts& counts = events_.more->cells[i];
      if (counts.packets() != 0) visit(cell_of(key_of_more(i), counts));
    }
  }
  /// Of all its cells.
  Volume inbound() const {
    Volume sum;
    for_each_cell([&](const Cell& cell) {
      if (!cell.outbound) sum += {cell.packets, cell.bytes};
    });
    return sum;
  }
  /// Becomes what a worker's record holds; log and detail stay apart.
  void begin_as(const HostRecord& other, MoreCellsPool& pool);
  /// Adds another worker's record of the same host; log and detail stay apart.
  void merge(const HostRecord& other, MoreCellsPool& pool);

 private:
  friend class HostRecords;

  /// The last 16 bytes before the cells, so that one comparison finds a key among them.
  /// Nothing in it changes from packet to packet: a load of 16 bytes right after a store to some of
  /// them would wait until the store is in the cache.
  struct Head {
    std::uint32_t fill = 0;
    bool has_events = false;
    std::uint8_t turn = 0;
    std::uint8_t keys[kCells] = {};  ///< of the cells in order; 0: not used yet
  };
  static_assert(sizeof(Head) == sizeof(__m128i));
  static constexpr int kBeforeKeys = sizeof(Head) - kCells;
  /// Cells that fit beside the rest: two in the first line, one in the second.
  static constexpr int kFirst = 3;

  /// The second half of a record lies so many bytes before the first.
  static constexpr std::size_t kApart = std::size_t{1} << 31;
  using Others = CellCounts[kCells - kFirst];
  std::uintptr_t others_address() const { return reinterpret_cast<std::uintptr_t>(this) - kApart; }
  Others& others() {
    return *reinterpret_cast<Others*>(others_address());  // NOLINT(performance-no-int-to-ptr)
  }
  const Others& others() const {
    return *reinterpret_cast<const Others*>(others_address());  // NOLINT(performance-no-int-to-ptr)
  }

  /// From 1 on, the direction in the highest bit.
  static constexpr std::uint8_t key_of(Vector vector, bool outbound) {
    return static_cast<std::uint8_t>((static_cast<unsigned>(vector) + 1) |
                                     (outbound ? kOutbound : 0));
  }
  static constexpr unsigned kOutbound = 0x80;
  static_assert(kVectors < kOutbound);
  /// The place in MoreCells of a key, and the other way round.
  static constexpr std::size_t place_in_more(std::uint8_t key) {
    return ((key & (kOutbound - 1)) - 1u) * 2 + key / kOutbound;
  }
  static constexpr std::uint8_t key_of_more(std::size_t place) {
    return key_of(static_cast<Vector>(place / 2), place % 2 != 0);
  }
  static Cell cell_of(std::uint8_t key, const CellCounts& counts) {
    return {.bytes = counts.bytes(),
            .packets = counts.packets(),
            .vector = static_cast<Vector>((key & (kOutbound - 1)) - 1),
            .outbound = key >= kOutbound};
  }
  /// A bit for each cell with the key. Without a branch: vectors and directions come in no order.
  unsigned cells_with(std::uint8_t key) const {
    const __m128i head = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&head_));
    const __m128i equal = _mm_cmpeq_epi8(head, _mm_set1_epi8(static_cast<char>(key)));
    return static_cast<unsigned>(_mm_movemask_epi8(equal)) >> kBeforeKeys;
  }
  void add_new(std::uint8_t key, Volume volume, MoreCellsPool& pool);
  /// Without a branch, as above.
  CellCounts& cell_at(int i) {
    const std::uintptr_t cell =
        reinterpret_cast<std::uintptr_t>(first_) + kCellOffsets[static_cast<std::size_t>(i)];
    return *reinterpret_cast<CellCounts*>(cell);  // NOLINT(performance-no-int-to-ptr)
  }
  /// Of each cell from the first, modulo 2^64.
  static constexpr auto kCellOffsets = [] {
    constexpr std::uint64_t kBeforeFirst =
        sizeof(IpAddress) + 2 * sizeof(std::uint32_t) + sizeof(Head);
    std::array<std::uint64_t, kCells> offsets{};
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      offsets[i] = i < kFirst ? i * sizeof(CellCounts)
                              : (i - kFirst) * sizeof(CellCounts) - kApart - kBeforeFirst;
    }
    return offsets;
  }();

  Head head_;
  CellCounts first_[kFirst];  // of the cells with a key
  HostEvents events_;         // valid when head_.has_events
};
static_assert(sizeof(HostRecord) == 128);

/// Records of hosts, each in no window yet: their first halves one after the other on huge pages,
/// and their second halves, which few hosts need, on small ones.
class HostRecords {
 public:
  static constexpr std::size_t kMost = HostRecord::kApart / sizeof(HostRecord);

  /// Throws std::bad_alloc when the memory cannot be had, or for more than kMost.
  explicit HostRecords(std::size_t count);
  HostRecords(const HostRecords&) = delete;
  HostRecords& operator=(const HostRecords&) = delete;
  ~HostRecords();

  HostRecord& operator[](std::size_t place) { return first_[place]; }
  const HostRecord& operator[](std::size_t place) const { return first_[place]; }
  std::size_t slot_of(const HostRecord& record) const {
    return static_cast<std::size_t>(&record - first_);
  }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return 2 * half(); }
  void prefault();

 private:
  std::size_t half() const;

  std::size_t count_;
  std::byte* second_;
  HostRecord* first_;
};

/// One inbound packet of an attack vector, as kept for a host's first ones in a window.
struct LogEntry {
  IpAddress source;
  std::uint32_t older = 0;  ///< entry + 1; 0: none
  std::uint32_t tag = 0;    ///< of the payload (payload_tag.h); 0: none
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t ip_bytes = 0;
  std::uint8_t ttl = 0;
  Vector vector = Vector::udp;
};
static_assert(sizeof(LogEntry) == 32);

}  // namespace floodgauge
