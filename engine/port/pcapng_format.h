// Reads the pcapng file format (draft-ietf-opsawg-pcapng).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/port/capture_bytes.h"
#include "engine/port/capture_record.h"

namespace floodgauge {

/// An interface's clock: 64-bit ticks of 10^-n or 2^-n seconds, and an offset in seconds
/// (if_tsresol, if_tsoffset).
class TickClock {
 public:
  TickClock() = default;
  TickClock(std::uint8_t resolution, std::int64_t offset_seconds);

  /// Nanoseconds since 1970, within [0, kLatestCaptureTime].
  std::int64_t time(std::uint64_t ticks) const {
    if (multiply_ != 0 && ticks <= multiply_limit_) [[likely]] {
      return static_cast<std::int64_t>(ticks * multiply_);
    }
    return slow_time(ticks);
  }

 private:
  std::int64_t slow_time(std::uint64_t ticks) const;

  std::uint64_t multiply_ = 1000;  ///< nanoseconds per tick; 0: only slow_time() can convert
  std::uint64_t multiply_limit_ = kLatestCaptureTime / 1000;
  std::int64_t offset_seconds_ = 0;
  std::uint8_t resolution_ = 6;  ///< as in if_tsresol: the top bit selects powers of 2
};

class PcapngFormat {
 public:
  /// True when the bytes begin with a section header block of either byte order. Consumes nothing.
  static bool recognises(CaptureBytes& bytes);

  /// Writes the next packets, all of one chunk, to `records` and returns their number. Returns 0 at
  /// the end and sets `outcome`.
  std::size_t read(CaptureBytes& bytes, std::span<CaptureRecord> records, CaptureOutcome& outcome);

 private:
  struct Interface {
    LinkType link = LinkType::other;
    std::uint8_t fcs_bytes = 0;
    std::uint32_t snap_bytes = 0;
    std::uint32_t largest_record = 0;
    TickClock clock;
  };
  struct PacketFlags {
    std::uint32_t fcs_bytes = 0;
    FrameOrigin origin = FrameOrigin::unknown;
  };
  struct Block {
    std::uint32_t type = 0;
    std::uint32_t length = 0;
    std::uint64_t offset = 0;
  };

  template <bool kSwapped>
  std::size_t scan(CaptureBytes& bytes, std::span<CaptureRecord> records);
  template <bool kSwapped>
  bool packet(const std::uint8_t* block, std::uint32_t length, CaptureRecord& record);
  template <bool kSwapped>
  static PacketFlags flags_of(const Interface& port, const std::uint8_t* options,
                              const std::uint8_t* end);

  bool next_block(CaptureBytes& bytes, CaptureOutcome& outcome);
  bool read_section_header(CaptureBytes& bytes, Block block, CaptureOutcome& outcome);
  bool read_interface(CaptureBytes& bytes, const Block& block, CaptureOutcome& outcome);
  bool refuse_packet(CaptureBytes& bytes, const Block& block, CaptureOutcome& outcome) const;
  bool end_block(CaptureBytes& bytes, const Block& block, CaptureOutcome& outcome) const;

  std::vector<Interface> interfaces_;
  bool swapped_ = false;
};

}  // namespace floodgauge
