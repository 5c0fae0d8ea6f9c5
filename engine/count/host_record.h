// What one window holds of one protected host.
#pragma once

#include <cstdint>

#include "engine/classify/vector.h"
#include "engine/count/huge_array.h"
#include "engine/parse/address.h"
#include "engine/units.h"

namespace floodgauge {

/// Packets of one vector in one direction.
struct Cell {
  std::uint64_t bytes = 0;
  std::uint32_t packets = 0;
  Vector vector = Vector::tcp_established;
  bool outbound = false;
  std::uint16_t reserved = 0;

  void add(std::uint32_t packet_bytes) {
    ++packets;
    bytes += packet_bytes;
  }
};
static_assert(sizeof(Cell) == 16);

/// A cell for every vector and direction, for the few hosts that meet more of them in one window
/// than their record has room for: a flood from random source ports meets each service's.
struct MoreCells {
  Cell cells[2 * kVectors];  ///< without packets: not used
};

/// The blocks of one window. Fixed memory.
class MoreCellsPool {
 public:
  explicit MoreCellsPool(std::size_t blocks) : blocks_(blocks) {}
  /// An empty block, or nullptr when all are taken.
  MoreCells* take();
  void clear() { used_ = 0; }
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

/// Four cache lines, of which the packets of ordinary connections touch the first alone, and those
/// of a flood the last as well.
class alignas(64) HostRecord {
 public:
  static constexpr std::uint8_t kCells = 11;

  IpAddress address;
  std::uint32_t prefix = 0;        ///< index of its protected prefix
  std::uint32_t fill = 0;          ///< WorkerWindow::fill when it was begun
  std::uint32_t flows_active = 0;  ///< flows with a packet towards it

  /// A host's record at its first packet. Of the four lines only the first is written to.
  void begin(const IpAddress& of, std::uint32_t of_prefix, std::uint32_t in_fill) {
    address = of;
    prefix = of_prefix;
    fill = in_fill;
    flows_active = 0;
    cells_used_ = 0;
    has_events_ = false;
  }
  /// Asks for what an ordinary packet touches, and for the events.
  void prefetch() const { __builtin_prefetch(this, 1); }
  void prefetch_events() const { __builtin_prefetch(&events_, 1); }

  HostEvents& events() {
    if (!has_events_) {
      events_ = {};
      has_events_ = true;
    }
    return events_;
  }
  const HostEvents& events() const {
    static constexpr HostEvents kNone;
    return has_events_ ? events_ : kNone;
  }
  bool has_events() const { return has_events_; }
  /// The cell of a vector and direction. Only when both the record and the pool are full does the
  /// last cell take what has none.
  Cell& cell(Vector vector, bool outbound, MoreCellsPool& pool) {
    for (std::uint8_t i = 0; i < cells_used_; ++i) {
      if (cells_[i].vector == vector && cells_[i].outbound == outbound) return cells_[i];
    }
    if (cells_used_ == kCells) return cell_beyond(vector, outbound, pool);
    Cell& fresh = cells_[cells_used_++];
    fresh = Cell{.vector = vector, .outbound = outbound};
    return fresh;
  }
  /// Calls visit(cell) for each cell that has packets.
  template <typename Visit>
  void for_each_cell(Visit&& visit) const {
    for (std::uint8_t i = 0; i < cells_used_; ++i) visit(cells_[i]);
    if (events().more == nullptr) return;
    for (const Cell& cell : events_.more->cells) {
      if (cell.packets != 0) visit(cell);
    }
  }
  /// Adds another worker's record of the same host; log and detail stay apart.
  void merge(const HostRecord& other, MoreCellsPool& pool);

 private:
  Cell& cell_beyond(Vector vector, bool outbound, MoreCellsPool& pool);

  std::uint8_t cells_used_ = 0;
  bool has_events_ = false;
  Cell cells_[kCells];  ///< the first cells_used_ of them; two lie in the first line
  HostEvents events_;   ///< valid when has_events_
};
static_assert(sizeof(HostRecord) == 256);

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
