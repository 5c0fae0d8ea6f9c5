// What one window holds of one protected host.
//
// A record is 256 bytes, four cache lines. Packets of ordinary connections touch line 1 alone,
// those of a flood also line 2: processors fetch the two as a pair. Few hosts need lines 3 and 4.
// They lie in memory of their own, 2 GiB below (HostRecords), so that they take up neither cache
// nor address translations of the others.
//
//   first half: HostRecords[slot], on huge pages
//          0                  16       20             24           40           52           64
//   line 1 | address (16)     | prefix | flows_active | head (16)  | cell 0     | cell 1     |
//          64         76      80                                                             128
//   line 2 | cell 2   | -     | events (48): more, log_head, detail, logged, seven counters  |
//
//   second half: 2 GiB below, on small pages
//          0        12       24       36       48       60       72       84                 128
//   line 3 | cell 3 | cell 4 | cell 5 | cell 6 | cell 7 | cell 8 | cell 9 | -  | sent (32)    |
//   and 4
//
//   head: record_generation (4) | parts in use (1) | slot_generation (1) | keys of cells 0..9 (10)
//   cell: packets (4) | bytes (8)       key: 1 + 3 * vector + (0 in, 1 out, 2 aside); 0: unused
//
// "Aside" are packets of attack vectors that the host sends and that are no part of a flood out of
// its prefix: they go to another protected host, or they are ICMP's answers.
//
// A host with more than ten pairs of vector and direction gets a MoreCells block of the window's
// pool (events.more).
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
#include "engine/count/host_cells.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// Where the attack log keeps the packets of a host in one direction.
struct LoggedPackets {
  std::uint32_t log_head = 0;    ///< the newest log entry + 1; 0: none
  std::uint16_t detail = 0;      ///< the TargetDetail + 1; 0: none
  std::uint16_t logged = 0;      ///< packets in the log, counted up to kLoggedPackets
  std::uint32_t suspicious = 0;  ///< packets of attack vectors
};

/// What a window holds of a host besides its packets by vector. The logged packets are inbound.
struct HostEvents : LoggedPackets {
  std::uint32_t repeated_syns = 0;   ///< SYNs to it, of flows whose SYN was seen before
  MoreCells* more = nullptr;         ///< the cells that do not fit in the record
  std::uint32_t new_flows = 0;       ///< flows begun towards it
  std::uint32_t handshakes = 0;      ///< TCP handshakes that the client's ACK completed
  std::uint32_t syn_answered = 0;    ///< SYN-ACKs that it sent to SYNs that were seen
  std::uint32_t progressed = 0;      ///< clients that went on after a SYN, no SYN-ACK visible
  std::uint32_t first_payloads = 0;  ///< flows whose client sent its first payload
  std::uint32_t answers = 0;         ///< UDP answers that it sent in flows that had asked
};
static_assert(sizeof(HostEvents) == 48);

/// What a window holds of a host that sends packets of attack vectors out of its prefix. The logged
/// packets are these, and large answers of services that amplify.
struct HostSent : LoggedPackets {
  std::uint32_t new_flows = 0;     ///< flows that it began with such packets
  std::uint32_t syn_answered = 0;  ///< SYN-ACKs that came to its SYNs
  std::uint32_t reflected = 0;     ///< large answers of services that amplify
  std::uint64_t reflected_bytes = 0;
};
static_assert(sizeof(HostSent) == 32);

/// The parts of a new record that its first packet is going to touch, initialised together with the
/// record. Where many hosts get few packets each, a branch on whether a part is initialised already
/// would be mispredicted half of the time.
struct HostBeginning {
  bool events = false;
  std::uint8_t key = 0;  ///< of the first cell; 0: none
};

/// The first half of a record: see the layout above.
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

  /// Initialises the record at the host's first packet in a window. Writes line 1 alone, and line 2
  /// when the beginning has events. `record_generation`: WorkerWindow::record_generation.
  /// `slot_generation`: HostSlots::generation() of its slot.
  void begin(const IpAddress& of, std::uint32_t of_prefix, std::uint32_t record_generation,
             std::uint8_t slot_generation = 0, HostBeginning with = {}) {
    address = of;
    prefix = of_prefix;
    flows_active = 0;
    first_[0].begin(0, 0);
    if (with.events) events_ = {};
    // The head in one store, because cells_with() loads it whole soon after: a load that spans
    // several stores would have to wait until all of them have reached the cache.
    const std::uint64_t low =
        record_generation | std::uint64_t{with.events} << 8 * offsetof(Head, parts) |
        std::uint64_t{slot_generation} << 8 * offsetof(Head, slot_generation) |
        std::uint64_t{with.key} << 8 * offsetof(Head, keys);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(&head_),
                     _mm_set_epi64x(0, static_cast<std::int64_t>(low)));
  }
  /// WorkerWindow::record_generation at begin(); 0: the record is of no window.
  std::uint32_t record_generation() const { return head_.record_generation; }
  void forget() { head_.record_generation = 0; }
  /// HostSlots::generation() of its slot at begin().
  std::uint8_t slot_generation() const { return head_.slot_generation; }
  /// Prefetches line 1, which has two cells, and line 2, which has the events and one more cell.
  void prefetch() const { prefetch_line(this); }
  void prefetch_events() const { prefetch_line(&events_); }
  /// The same, for writing.
  void prefetch_to_write() const { prefetch_line_to_write(this); }
  void prefetch_events_to_write() const { prefetch_line_to_write(&events_); }

  HostEvents& events() {
    if ((head_.parts & kHasEvents) == 0) {
      events_ = {};
      head_.parts |= kHasEvents;
    }
    return events_;
  }
  const HostEvents& events() const {
    static constexpr HostEvents kNone;
    return has_events() ? events_ : kNone;
  }
  bool has_events() const { return (head_.parts & kHasEvents) != 0; }

  /// What it sends out of its prefix. In line 4: few hosts need it.
  HostSent& sent() {
    HostSent& sent = second_half().sent;
    if ((head_.parts & kSends) == 0) {
      sent = {};
      head_.parts |= kSends;
    }
    return sent;
  }
  const HostSent& sent() const {
    static constexpr HostSent kNone;
    return sends() ? second_half().sent : kNone;
  }
  bool sends() const { return (head_.parts & kSends) != 0; }

  /// HTTP requests in segments to it, without the first of each segment. In line 4 too.
  void add_extra_requests(std::uint32_t requests) {
    std::uint32_t& sum = second_half().extra_requests;
    if ((head_.parts & kHasExtraRequests) == 0) sum = 0;
    head_.parts |= kHasExtraRequests;
    sum += requests;
  }
  std::uint32_t extra_requests() const {
    return (head_.parts & kHasExtraRequests) != 0 ? second_half().extra_requests : 0;
  }

  /// Counts packets of a vector and direction. When both the record and the pool are full, the
  /// record's last cell counts what has no cell of its own.
  [[gnu::always_inline]] void add(Vector vector, bool outbound, Volume volume,
                                  MoreCellsPool& pool) {
    add_of_key(key_of(vector, outbound), volume, pool);
  }
  /// Counts packets that it sends. `aside`: they are no part of a flood out of its prefix.
  [[gnu::always_inline]] void add_sent(Vector vector, bool aside, Volume volume,
                                       MoreCellsPool& pool) {
    add_of_key(static_cast<std::uint8_t>(key_of(vector, true) + aside), volume, pool);
  }
  [[gnu::always_inline]] void add_of_key(std::uint8_t key, Volume volume, MoreCellsPool& pool) {
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
    const MoreCells& more = *events_.more;
    for (std::size_t i = 0; i < MoreCells::kCells; ++i) {
      if (more.has(i)) visit(cell_of(static_cast<std::uint8_t>(i + 1), more.cells[i]));
    }
  }
  /// The sum of its inbound cells.
  Volume inbound() const {
    Volume sum;
    for_each_cell([&](const Cell& cell) {
      if (!cell.outbound) sum += {cell.packets, cell.bytes};
    });
    return sum;
  }
  /// The packets received of the vectors.
  std::uint32_t packets_of(const VectorSet& vectors) const {
    std::uint32_t sum = 0;
    for_each_cell([&](const Cell& cell) {
      if (!cell.outbound && vectors.contains(cell.vector)) sum += cell.packets;
    });
    return sum;
  }
  /// Becomes a copy of a worker's record, without its log and detail.
  void begin_as(const HostRecord& other, MoreCellsPool& pool);
  /// Adds another worker's record of the same host, without its log and detail.
  void merge(const HostRecord& other, MoreCellsPool& pool);

 private:
  friend class HostRecords;

  /// The 16 bytes before the cells, so that one SIMD comparison finds a key among them. Nothing in
  /// it changes from packet to packet: a load of 16 bytes right after a store to some of them would
  /// have to wait until the store has reached the cache.
  struct Head {
    std::uint32_t record_generation = 0;
    std::uint8_t parts = 0;  ///< kHasEvents, kSends, kHasExtraRequests
    std::uint8_t slot_generation = 0;
    std::uint8_t keys[kCells] = {};  ///< of the cells, in order; 0: unused
  };
  static_assert(sizeof(Head) == sizeof(__m128i));
  static constexpr std::uint8_t kHasEvents = 1;         ///< events_ is valid
  static constexpr std::uint8_t kSends = 2;             ///< second_half().sent is valid
  static constexpr std::uint8_t kHasExtraRequests = 4;  ///< and so is its extra_requests
  static constexpr int kBeforeKeys = sizeof(Head) - kCells;
  /// Cells of the first half: two in line 1, one in line 2.
  static constexpr int kFirst = 3;

  /// How many bytes before the first half of a record its second half lies.
  static constexpr std::size_t kApart = std::size_t{1} << 31;
  using Others = CellCounts[kCells - kFirst];
  struct SecondHalf {
    Others others;
    HostSent sent;
    std::uint32_t extra_requests;
  };
  static_assert(sizeof(SecondHalf) <= 128);
  std::uintptr_t second_address() const { return reinterpret_cast<std::uintptr_t>(this) - kApart; }
  SecondHalf& second_half() {
    return *reinterpret_cast<SecondHalf*>(second_address());  // NOLINT(performance-no-int-to-ptr)
  }
  const SecondHalf& second_half() const {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return *reinterpret_cast<const SecondHalf*>(second_address());
  }
  Others& others() { return second_half().others; }
  const Others& others() const { return second_half().others; }

  /// From 1 on; the key of the same vector aside is the next one after that of outbound.
  static constexpr std::uint8_t key_of(Vector vector, bool outbound) {
    return static_cast<std::uint8_t>(3 * static_cast<unsigned>(vector) + 1 + outbound);
  }
  static_assert(3 * kVectors < 256);
  static Cell cell_of(std::uint8_t key, const CellCounts& counts) {
    const unsigned index = key - 1u;
    return {.bytes = counts.bytes(),
            .packets = counts.packets(),
            .vector = static_cast<Vector>(index / 3),
            .outbound = index % 3 != 0,
            .aside = index % 3 == 2};
  }
  /// A bit for each cell with the key. Without a branch: vectors and directions come in no
  /// predictable order.
  unsigned cells_with(std::uint8_t key) const {
    const __m128i head = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&head_));
    const __m128i equal = _mm_cmpeq_epi8(head, _mm_set1_epi8(static_cast<char>(key)));
    return static_cast<unsigned>(_mm_movemask_epi8(equal)) >> kBeforeKeys;
  }
  void add_new(std::uint8_t key, Volume volume, MoreCellsPool& pool);
  /// Without a branch on which half has the cell.
  CellCounts& cell_at(int i) {
    const std::uintptr_t cell =
        reinterpret_cast<std::uintptr_t>(first_) + kCellOffsets[static_cast<std::size_t>(i)];
    return *reinterpret_cast<CellCounts*>(cell);  // NOLINT(performance-no-int-to-ptr)
  }
  /// The distance of each cell from the first, in bytes, modulo 2^64.
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
  CellCounts first_[kFirst];  ///< valid where the head has a key
  HostEvents events_;         ///< valid when has_events()
};
static_assert(sizeof(HostRecord) == 128);

/// An array of records, none of them begun: the first halves one after the other on huge pages, the
/// second halves on small pages.
class HostRecords {
 public:
  static constexpr std::size_t kMost = HostRecord::kApart / sizeof(HostRecord);

  /// Throws std::bad_alloc when the memory cannot be had, or for more than kMost.
  explicit HostRecords(std::size_t count);
  HostRecords(const HostRecords&) = delete;
  HostRecords& operator=(const HostRecords&) = delete;
  ~HostRecords();

  HostRecord& operator[](std::size_t slot) { return first_[slot]; }
  const HostRecord& operator[](std::size_t slot) const { return first_[slot]; }
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

/// One packet of an attack vector: each host's first packets in a window are kept.
struct LogEntry {
  IpAddress source;         ///< of a packet that the host sends: the destination
  std::uint32_t older = 0;  ///< the host's entry before this one, + 1; 0: none
  std::uint32_t tag = 0;    ///< of the payload (payload_tag.h); 0: none
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t ip_bytes = 0;
  std::uint8_t ttl = 0;
  Vector vector = Vector::udp;
};
static_assert(sizeof(LogEntry) == 32);

}  // namespace floodgauge
