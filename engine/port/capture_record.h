// One packet of a capture, the memory that holds its bytes, and how reading a capture ended.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/parse/parser.h"

namespace floodgauge {

/// A block of capture bytes that were read or inflated. A mapped file needs no chunks.
///
/// Reference-counted. The reader holds the chunk that it is reading from; code that keeps a record
/// beyond the reader's next batch must hold the record's chunk as well. Any thread may hold and
/// release. The last release frees the chunk: its acquire-release decrement makes all earlier
/// accesses to the bytes happen before the memory is freed.
class CaptureChunk {
 public:
  /// A chunk of `capacity` bytes that the caller holds once. Throws std::bad_alloc.
  static CaptureChunk* make(std::size_t capacity);

  CaptureChunk(const CaptureChunk&) = delete;
  CaptureChunk& operator=(const CaptureChunk&) = delete;

  void hold(std::uint32_t times = 1) { holders_.fetch_add(times, std::memory_order_relaxed); }
  void release() {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) free_chunk(this);
  }

  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  std::size_t capacity() const { return capacity_; }
  /// Number of chunks in the process that are not freed. Tests use it to find leaks.
  static std::size_t alive();

 private:
  explicit CaptureChunk(std::size_t capacity) : capacity_(capacity) {}
  static void free_chunk(CaptureChunk* chunk);

  std::atomic<std::uint32_t> holders_{1};
  std::size_t capacity_;
};

/// Packet times are clamped to [0, kLatestCaptureTime], so that no arithmetic on them can overflow.
/// The upper bound is in the year 2116.
inline constexpr std::int64_t kLatestCaptureTime = std::int64_t{1} << 62;

/// Times of records as CaptureReader returns them, where the capture gives none that can be used.
/// CaptureTimes replaces them.
inline constexpr std::int64_t kNoTime = -1;  ///< the format has none (simple packet block)
inline constexpr std::int64_t kDamagedTime =
    -2;  ///< a fraction of a second that is a second or more

struct CaptureRecord {
  std::int64_t time =
      0;            ///< nanoseconds since 1970, as the capture gives it; kNoTime, kDamagedTime
  FrameView frame;  ///< without the FCS
  CaptureChunk* chunk = nullptr;  ///< the chunk that holds the frame; null for a mapped file
  std::uint32_t interface = 0;    ///< number of the interface in its section; 0 for pcap
};
static_assert(sizeof(CaptureRecord) == 48);

enum class CaptureEnd : std::uint8_t {
  reading,        ///< the end has not been reached yet
  stopped,        ///< the caller asked to stop
  complete,       ///< everything was read
  open_failed,    ///< the file is missing, is a directory, or may not be read
  not_a_capture,  ///< the file is empty or has an unsupported format
  truncated,      ///< the file ends in the middle of a record
  corrupt,        ///< a record with an impossible length, interface or checksum
  read_failed,    ///< the system reported a read error
};

/// How reading a capture ended. All records that were returned before remain valid.
struct CaptureOutcome {
  CaptureEnd end = CaptureEnd::reading;
  /// Where the record begins that could not be read, in bytes of the uncompressed capture.
  std::uint64_t offset = 0;
  std::string message;    ///< one line that names the file; empty without an error
  bool may_grow = false;  ///< a plain file that is cut off: perhaps it is still being written

  bool failed() const { return end > CaptureEnd::complete; }
};

}  // namespace floodgauge
