// The cells of a host's record: packets and bytes of one vector in one direction, as reported, as
// stored, and those that a record has no room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/huge_array.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// What was counted of one vector in one direction.
struct Cell {
  std::uint64_t bytes = 0;
  std::uint32_t packets = 0;
  Vector vector = Vector::tcp_established;
  bool outbound = false;
  bool aside = false;  ///< outbound, and no part of a flood out of the prefix
};

/// A cell's counters as stored: 12 bytes, so that two cells fit in a record's first line.
class CellCounts {
 public:
  /// Sets both counters. Nothing is read: a load that spans two earlier stores would have to wait
  /// until both have reached the cache.
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
  std::uint32_t bytes_[2];  ///< one 64-bit number, aligned to 4 bytes only
};
static_assert(sizeof(CellCounts) == 12);

/// A cell for every vector and direction. For the few hosts that see more of them in one window
/// than their record has room for: a flood from random source ports looks like every UDP service's.
struct MoreCells {
  static constexpr std::size_t kCells = 3 * kVectors;

  std::uint64_t used[(kCells + 63) / 64] = {};  ///< a bit for each cell
  CellCounts cells[kCells];                     ///< valid where its bit is set

  void add(std::size_t at, std::uint32_t packets, std::uint64_t bytes) {
    std::uint64_t& word = used[at / 64];
    const std::uint64_t bit = std::uint64_t{1} << at % 64;
    if ((word & bit) != 0) return cells[at].add(packets, bytes);
    word |= bit;
    cells[at].begin(packets, bytes);
  }
  bool has(std::size_t at) const { return (used[at / 64] >> at % 64 & 1) != 0; }
};

/// The MoreCells blocks of one window. Fixed memory.
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

}  // namespace floodgauge
